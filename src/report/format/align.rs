//! The numbers of a table's columns taken apart, so that every form can set points beneath each other: rows of one column
//! may have other decimals (published ones keep theirs), a deviation or none, a mark or none.

use crate::report::group::Value;
use crate::report::table::{Table, number};

/// A number before and after its point; the point belongs to what comes after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digits {
    pub whole: String,
    pub part: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    pub mean: Digits,
    pub std: Option<Digits>,
    pub best: bool,
    pub differs: bool,
}

/// A column of numbers and the most characters that any has in each place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned {
    pub numbers: Vec<Option<Number>>,
    /// After the mean's whole digits, the point counted.
    pub part: usize,
    /// Of the deviations before and after their points; `None` where there is none.
    pub std: Option<(usize, usize)>,
    pub marked: bool,
}

/// All columns of a table, rows in order.
pub fn columns(table: &Table) -> Vec<Aligned> {
    let column = |h: usize| {
        let of = |value: &Value| {
            let (mean, std) = value.decimals.unwrap_or((table.heads[h].decimals, table.heads[h].decimals));
            Number {
                mean: digits(value.mean, mean),
                std: value.std.map(|v| digits(v, std)),
                best: value.best,
                differs: value.differs,
            }
        };
        aligned(table.rows.iter().map(|row| row.values[h].as_ref().map(of)).collect())
    };
    (0..table.heads.len()).map(column).collect()
}

fn aligned(numbers: Vec<Option<Number>>) -> Aligned {
    let length = |text: &str| text.chars().count();
    let mut out = Aligned::default();
    for one in numbers.iter().flatten() {
        out.part = out.part.max(length(&one.mean.part));
        out.marked |= one.differs;
        if let Some(std) = &one.std {
            let (whole, part) = out.std.unwrap_or_default();
            out.std = Some((whole.max(length(&std.whole)), part.max(length(&std.part))));
        }
    }
    Aligned { numbers, ..out }
}

fn digits(value: f64, decimals: usize) -> Digits {
    let text = number(value, decimals);
    match text.find('.') {
        Some(at) => Digits { whole: text[..at].into(), part: text[at..].into() },
        None => Digits { whole: text, part: String::new() },
    }
}

impl Digits {
    pub fn text(&self) -> String {
        format!("{}{}", self.whole, self.part)
    }

    /// Characters that are missing after the point (the point among them), and before it.
    pub fn lacks(&self, whole: usize, part: usize) -> (usize, usize) {
        (part.saturating_sub(self.part.chars().count()), whole.saturating_sub(self.whole.chars().count()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_that_of_the_longest() {
        let one = |mean, decimals, std: Option<f64>| {
            let std = std.map(|v| digits(v, 2));
            Some(Number { mean: digits(mean, decimals), std, best: false, differs: false })
        };
        let all = aligned(vec![one(0.685, 3, None), None, one(-12.5, 1, Some(10.25)), one(7.0, 0, Some(0.5))]);
        assert_eq!((all.part, all.std, all.marked), (4, Some((2, 3)), false));
        let whole: Vec<_> = all.numbers.iter().flatten().map(|n| n.mean.whole.as_str()).collect();
        assert_eq!(whole, ["0", "−12", "7"]);
        assert_eq!(all.numbers[3].as_ref().unwrap().mean.lacks(3, 4), (4, 2));
    }
}
