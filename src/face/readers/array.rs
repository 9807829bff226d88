//! Arrays of numbers, as the binary formats hold them.

use super::error::{ReadError, Result};
use crate::face::mesh::Vec3;

/// The values of an array, in the order in which the file holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Whole numbers of any size, and truth values as 0 and 1.
    Whole(Vec<i64>),
}

/// Which index runs fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The last (C, row after row).
    Rows,
    /// The first (Fortran and MATLAB, column after column).
    Columns,
}

/// An array, and where it came from so that whoever finds it wrong can say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub file: String,
    pub name: String,
    /// The byte where its values start.
    pub offset: u64,
    pub shape: Vec<usize>,
    pub order: Order,
    pub values: Values,
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::Whole(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The values of an array of this shape, held row after row, column after column.
fn by_columns<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    if values.is_empty() {
        return Vec::new();
    }
    let strides: Vec<usize> = (0..shape.len()).map(|axis| shape[..axis].iter().product()).collect();
    let mut place = vec![0; shape.len()];
    let mut turned = values.to_vec();
    let mut to = 0;
    for value in values {
        turned[to] = *value;
        for axis in (0..shape.len()).rev() {
            place[axis] += 1;
            to += strides[axis];
            if place[axis] < shape[axis] {
                break;
            }
            to -= strides[axis] * shape[axis];
            place[axis] = 0;
        }
    }
    turned
}

impl Array {
    /// An error that blames this array.
    pub fn wrong(&self, what: impl std::fmt::Display) -> ReadError {
        ReadError::at(&self.file, self.offset, format!("`{}` {what}", self.name))
    }

    /// The array, if it has this shape; `None` stands for any size.
    pub fn expect(&self, shape: &[Option<usize>]) -> Result<&Array> {
        let fits = self.shape.len() == shape.len()
            && self.shape.iter().zip(shape).all(|(found, wanted)| wanted.is_none_or(|wanted| wanted == *found));
        if fits {
            return Ok(self);
        }
        let wanted: Vec<String> =
            shape.iter().map(|size| size.map_or_else(|| "any".to_string(), |n| n.to_string())).collect();
        Err(self.wrong(format!("has the shape {:?}, expected [{}]", self.shape, wanted.join(", "))))
    }

    /// The values as `f32`, all finite, in the order of the file.
    fn floats(&self) -> Result<Vec<f32>> {
        let values: Vec<f32> = match &self.values {
            Values::F32(values) => values.clone(),
            Values::F64(values) => values.iter().map(|v| *v as f32).collect(),
            Values::Whole(values) => values.iter().map(|v| *v as f32).collect(),
        };
        match values.iter().position(|value| !value.is_finite()) {
            Some(place) => {
                Err(self.wrong(format!("holds {} as value {place}, expected a finite number", values[place])))
            }
            None => Ok(values),
        }
    }

    /// The values as `f32`, row after row (the last index runs fastest).
    pub fn rows(&self) -> Result<Vec<f32>> {
        let values = self.floats()?;
        Ok(if self.order == Order::Rows || self.shape.len() < 2 { values } else { self.turned(&values) })
    }

    /// The values as `f32`, column after column (the first index runs fastest).
    pub fn columns(&self) -> Result<Vec<f32>> {
        let values = self.floats()?;
        Ok(if self.order == Order::Columns || self.shape.len() < 2 { values } else { self.turned(&values) })
    }

    /// The values in the other order.
    fn turned<T: Copy>(&self, values: &[T]) -> Vec<T> {
        match self.order {
            Order::Rows => by_columns(values, &self.shape),
            // Held by columns, it is the array of the reversed shape held by rows.
            Order::Columns => by_columns(values, &self.shape.iter().rev().copied().collect::<Vec<_>>()),
        }
    }

    /// The values as whole numbers, row after row.
    pub fn whole(&self) -> Result<Vec<i64>> {
        let exact = |value: f64, place: usize| {
            let wrong = || self.wrong(format!("holds {value} as value {place}, expected a whole number"));
            (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64).ok_or_else(wrong)
        };
        let values = match &self.values {
            Values::Whole(values) => values.clone(),
            Values::F32(values) => {
                values.iter().enumerate().map(|(i, v)| exact(f64::from(*v), i)).collect::<Result<_>>()?
            }
            Values::F64(values) => values.iter().enumerate().map(|(i, v)| exact(*v, i)).collect::<Result<_>>()?,
        };
        Ok(if self.order == Order::Rows || self.shape.len() < 2 { values } else { self.turned(&values) })
    }

    /// Numbers of vertices, counted from `first`, each below `vertices` once counted from 0; row after row.
    pub fn vertices(&self, first: i64, vertices: usize) -> Result<Vec<u32>> {
        let named = |(place, value): (usize, i64)| {
            let vertex = value.checked_sub(first).and_then(|v| usize::try_from(v).ok()).filter(|v| *v < vertices);
            vertex.and_then(|v| u32::try_from(v).ok()).ok_or_else(|| {
                let last = vertices as i64 + first - 1;
                self.wrong(format!("holds {value} as value {place}, expected a vertex of {first} to {last}"))
            })
        };
        self.whole()?.into_iter().enumerate().map(named).collect()
    }

    /// Points, three numbers each, from an `N x 3` array, or one of 3N numbers however shaped (`x0 y0 z0 x1 ...`).
    pub fn points(&self) -> Result<Vec<Vec3>> {
        let values = self.rows()?;
        let (points, rest) = values.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(self.wrong(format!("has the shape {:?}, expected three numbers a point", self.shape)));
        }
        Ok(points.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], order: Order, values: Values) -> Array {
        Array { file: "f".into(), name: "a".into(), offset: 5, shape: shape.to_vec(), order, values }
    }

    #[test]
    fn both_orders_give_the_same_rows() {
        // numpy: a = arange(24).reshape(2, 3, 4); a.ravel('F')
        let fortran = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
        let rows: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let held: Vec<f32> = fortran.map(|i| i as f32).to_vec();
        let by_columns = array(&[2, 3, 4], Order::Columns, Values::F32(held.clone()));
        let by_rows = array(&[2, 3, 4], Order::Rows, Values::F32(rows.clone()));
        assert_eq!(by_columns.rows().unwrap(), rows);
        assert_eq!(by_rows.columns().unwrap(), held);
        assert_eq!((by_columns.columns().unwrap(), by_rows.rows().unwrap()), (held, rows));
    }

    #[test]
    fn wrong_values_are_told_with_the_place() {
        let halves = array(&[2], Order::Rows, Values::F64(vec![1.0, 0.5]));
        let error = halves.whole().unwrap_err().to_string();
        assert_eq!(error, "f: at byte 5: `a` holds 0.5 as value 1, expected a whole number");
        let ends = array(&[2], Order::Rows, Values::Whole(vec![1, i64::MIN]));
        assert!(ends.vertices(1, 3).unwrap_err().what.contains("expected a vertex of 1 to 3"));
        let endless = array(&[1], Order::Rows, Values::F64(vec![1e300]));
        assert!(endless.rows().is_err());
        assert!(endless.expect(&[Some(2)]).unwrap_err().what.contains("[1], expected [2]"));
        assert!(array(&[4], Order::Rows, Values::F32(vec![0.0; 4])).points().is_err());
    }
}
