//! Layered layout of a directed acyclic graph, left to right (Sugiyama, Tagawa and Toda, 1981): longest-path layers,
//! stand-ins on long edges, order by the middle of the neighbours, rows then straightened.

/// Where nodes and edges go, in units of the caller: layers count from the left, `y` is the middle of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub layer: Vec<usize>,
    pub y: Vec<f64>,
    /// For each edge the layers and heights it passes, ends included.
    pub paths: Vec<Vec<(usize, f64)>>,
    pub layers: usize,
    pub height: f64,
}

/// Lays out `heights.len()` nodes with `edges` (from, to); a gap of `gap` between neighbours of a layer. Edges that would
/// close a circle are drawn but do not order.
pub fn layout(heights: &[f64], edges: &[(usize, usize)], gap: f64) -> Layout {
    let layer = layers(heights.len(), edges);
    let layers = layer.iter().max().map_or(0, |l| l + 1);
    let mut columns: Vec<Vec<usize>> = vec![vec![]; layers];
    let (mut all_heights, mut all_layers) = (heights.to_vec(), layer.clone());
    (0..heights.len()).for_each(|node| columns[layer[node]].push(node));
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in edges {
        let mut chain = vec![from];
        for (between, column) in columns.iter_mut().enumerate().take(layer[to]).skip(layer[from] + 1) {
            column.push(all_heights.len());
            chain.push(all_heights.len());
            all_heights.push(gap * 0.5);
            all_layers.push(between);
        }
        chain.push(to);
        chains.push(chain);
    }
    let mut neighbours = vec![(vec![], vec![]); all_heights.len()];
    for pair in chains.iter().flat_map(|c| c.windows(2)) {
        neighbours[pair[0]].1.push(pair[1]);
        neighbours[pair[1]].0.push(pair[0]);
    }
    order(&mut columns, &neighbours);
    let y = rows(&columns, &neighbours, &all_heights, gap);
    let low = y.iter().zip(&all_heights).map(|(y, h)| y - h / 2.0).fold(f64::INFINITY, f64::min);
    let y: Vec<f64> = y.iter().map(|v| v - low).collect();
    let height = y.iter().zip(&all_heights).map(|(y, h)| y + h / 2.0).fold(0.0, f64::max);
    let paths = chains.iter().map(|c| c.iter().map(|n| (all_layers[*n], y[*n])).collect()).collect();
    Layout { layer, y: y[..heights.len()].to_vec(), paths, layers, height }
}

/// Longest path from a node without inputs.
fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; nodes];
    // A path visits each node once; what still moves after that many rounds lies on a circle.
    for _ in 0..nodes {
        let mut moved = false;
        for &(from, to) in edges {
            if layer[to] <= layer[from] && layer[from] + 1 < nodes && from != to {
                layer[to] = layer[from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layer
}

type Neighbours = [(Vec<usize>, Vec<usize>)];

/// Sorts every column by the mean place of its neighbours, forwards and backwards in turn.
fn order(columns: &mut [Vec<usize>], neighbours: &Neighbours) {
    let mut place = vec![0.0; neighbours.len()];
    let number = |column: &[usize], place: &mut Vec<f64>| {
        column.iter().enumerate().for_each(|(i, n)| place[*n] = i as f64 - column.len() as f64 / 2.0);
    };
    columns.iter().for_each(|c| number(c, &mut place));
    for round in 0..8 {
        let forwards = round % 2 == 0;
        let indices: Vec<usize> =
            if forwards { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
        for i in indices {
            let key = |n: &usize| {
                let around = if forwards { &neighbours[*n].0 } else { &neighbours[*n].1 };
                let sum: f64 = around.iter().map(|m| place[*m]).sum();
                if around.is_empty() { place[*n] } else { sum / around.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = columns[i].iter().map(|n| (key(n), *n)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            columns[i] = keyed.into_iter().map(|(_, n)| n).collect();
            number(&columns[i], &mut place);
        }
    }
}

/// Heights: each node drawn to the middle of its neighbours, as far as the order and the gaps allow.
fn rows(columns: &[Vec<usize>], neighbours: &Neighbours, heights: &[f64], gap: f64) -> Vec<f64> {
    let mut y = vec![0.0; heights.len()];
    let total = |c: &Vec<usize>| c.iter().map(|n| heights[*n] + gap).sum::<f64>();
    for column in columns {
        let mut at = -total(column) / 2.0;
        for n in column {
            y[*n] = at + (heights[*n] + gap) / 2.0;
            at += heights[*n] + gap;
        }
    }
    for round in 0..12 {
        for i in 0..columns.len() {
            let column = &columns[if round % 2 == 0 { i } else { columns.len() - 1 - i }];
            let wish = |n: &usize| {
                let (before, after) = &neighbours[*n];
                let around = before.iter().chain(after);
                let count = before.len() + after.len();
                if count == 0 { y[*n] } else { around.map(|m| y[*m]).sum::<f64>() / count as f64 }
            };
            let wishes: Vec<f64> = column.iter().map(wish).collect();
            let placed = placed(&wishes, &column.iter().map(|n| heights[*n] + gap).collect::<Vec<_>>());
            column.iter().zip(placed).for_each(|(n, v)| y[*n] = v);
        }
    }
    y
}

/// Places in order and `sizes` apart, near the wishes: pushed down from the top, then the whole moved to their mean.
fn placed(wishes: &[f64], sizes: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(wishes.len());
    for (i, wish) in wishes.iter().enumerate() {
        let least = if i == 0 { f64::NEG_INFINITY } else { out[i - 1] + (sizes[i - 1] + sizes[i]) / 2.0 };
        out.push(wish.max(least));
    }
    let shift = out.iter().zip(wishes).map(|(o, w)| w - o).sum::<f64>() / wishes.len().max(1) as f64;
    out.iter().map(|v| v + shift).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_follow_the_longest_path_and_neighbours_keep_apart() {
        let edges = [(0, 1), (1, 2), (0, 2), (0, 3), (3, 2)];
        let l = layout(&[30.0; 4], &edges, 10.0);
        assert_eq!(l.layer, [0, 1, 2, 1]);
        assert!((l.y[1] - l.y[3]).abs() >= 40.0 - 1e-9);
        assert_eq!(l.paths[2].len(), 3, "a long edge passes its middle layer");
        assert_eq!(l, layout(&[30.0; 4], &edges, 10.0));
    }

    #[test]
    fn circles_and_lone_nodes_do_not_hang() {
        assert!(layout(&[10.0; 3], &[(0, 1), (1, 0)], 5.0).layers <= 3);
        assert_eq!(layout(&[], &[], 5.0).layers, 0);
    }
}
