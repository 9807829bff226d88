//! In which order samples are drawn: sequences without end, each a pure function of a stream and a position, so that a
//! loader has no state but its position.

use crate::random::Stream;

/// Index of the sample at a position.
pub type Order = Box<dyn FnMut(usize) -> usize + Send>;

/// Every one of `count` once, shuffled, then again in another order.
pub struct Shuffled {
    stream: Stream,
    count: usize,
    epoch: Option<(usize, Vec<usize>)>,
}

impl Shuffled {
    pub fn new(stream: Stream, count: usize) -> Shuffled {
        Shuffled { stream, count: count.max(1), epoch: None }
    }

    /// What is drawn at a position.
    pub fn at(&mut self, position: usize) -> usize {
        let number = position / self.count;
        if self.epoch.as_ref().is_none_or(|(epoch, _)| *epoch != number) {
            self.epoch = Some((number, self.stream.fork(number as u64).permutation(self.count)));
        }
        self.epoch.as_ref().map_or(0, |(_, order)| order[position % self.count])
    }
}

/// The same at a single position, for few things that are not asked in turn.
fn shuffled_at(stream: Stream, count: usize, position: usize) -> usize {
    let count = count.max(1);
    stream.fork((position / count) as u64).permutation(count)[position % count]
}

/// Parts side by side, of `lengths` samples, each with its share of the draws; a part goes through all it has before it
/// begins anew. An epoch is as long as all parts together.
pub fn by_shares(stream: Stream, lengths: Vec<usize>, shares: &[f64]) -> Order {
    let total: usize = lengths.iter().sum();
    let ends = ends(&lengths, shares, total);
    let mut places = Shuffled::new(stream, total);
    let part_stream = |part: usize| stream.named("part").fork(part as u64);
    let mut walks: Vec<Shuffled> = (0..lengths.len()).map(|p| Shuffled::new(part_stream(p), lengths[p])).collect();
    Box::new(move |position| {
        let place = places.at(position);
        let part = ends.iter().position(|end| place < *end).unwrap_or(0);
        let start = if part == 0 { 0 } else { ends[part - 1] };
        let visit = (position / total.max(1)) * (ends[part] - start) + place - start;
        lengths[..part].iter().sum::<usize>() + walks[part].at(visit)
    })
}

/// Where each part's places of an epoch end. Parts without samples have none.
fn ends(lengths: &[usize], shares: &[f64], total: usize) -> Vec<usize> {
    let share = |i: usize| if lengths[i] > 0 { shares[i] } else { 0.0 };
    let all: f64 = (0..lengths.len()).map(share).sum();
    let mut sum = 0.0;
    let mut end = |i: usize| {
        sum += share(i);
        (sum / all * total as f64).round() as usize
    };
    (0..lengths.len()).map(&mut end).collect()
}

/// Groups of `each` samples of one class: every class once, shuffled, then again. `classes[c][p]`: the samples of class c in
/// part p. With `shares` the part of a sample is drawn by them, among the parts that have the class.
pub fn balanced(stream: Stream, classes: Vec<Vec<Vec<usize>>>, shares: Vec<f64>, each: usize) -> Order {
    let (count, each) = (classes.len().max(1), each.max(1));
    let mut groups = Shuffled::new(stream, count);
    Box::new(move |position| {
        let (group, place) = (position / each, position % each);
        let class = groups.at(group);
        let Some(parts) = classes.get(class) else { return 0 };
        let visit = group / count * each + place;
        let walk = |part: usize| stream.named("class").fork(class as u64).fork(part as u64);
        if shares.is_empty() {
            let total = parts.iter().map(Vec::len).sum();
            let mut index = shuffled_at(walk(0), total, visit);
            for part in parts {
                match part.get(index) {
                    Some(sample) => return *sample,
                    None => index -= part.len(),
                }
            }
            return 0;
        }
        let part = drawn_part(parts, &shares, stream.named("part").fork(position as u64).uniform());
        let samples = &parts[part];
        samples.get(shuffled_at(walk(part), samples.len(), visit)).copied().unwrap_or(0)
    })
}

/// The part that a number below 1 falls to; where the class has samples only in parts of share 0, the first of these.
fn drawn_part(parts: &[Vec<usize>], shares: &[f64], number: f64) -> usize {
    let share = |i: usize| if parts[i].is_empty() { 0.0 } else { shares[i] };
    let total: f64 = (0..parts.len()).map(share).sum();
    let mut rest = number * total;
    for part in (0..parts.len()).filter(|p| share(*p) > 0.0) {
        if rest < share(part) {
            return part;
        }
        rest -= share(part);
    }
    (0..parts.len()).rev().find(|p| share(*p) > 0.0).or(parts.iter().position(|p| !p.is_empty())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream::new(5, "order")
    }

    #[test]
    fn shares_hold_in_every_epoch_and_every_sample_gets_its_turn() {
        let mut order = by_shares(stream(), vec![30, 10], &[0.25, 0.75]);
        let drawn: Vec<usize> = (0..120).map(&mut order).collect();
        for epoch in drawn.chunks(40) {
            assert_eq!(epoch.iter().filter(|i| **i < 30).count(), 10);
        }
        // 30 draws of the first part in three epochs: each of its samples once. 90 of the second: each nine times.
        let mut times = [0; 40];
        drawn.iter().for_each(|i| times[*i] += 1);
        assert!(times[..30].iter().all(|n| *n == 1) && times[30..].iter().all(|n| *n == 9), "{times:?}");
        let mut again = by_shares(stream(), vec![30, 10], &[0.25, 0.75]);
        assert_eq!((again(57), again(3)), (drawn[57], drawn[3]));
        let mut only = by_shares(stream(), vec![30, 0], &[0.5, 0.5]);
        assert!((0..30).all(|k| only(k) < 30));
    }

    /// Three classes of 5, 1 and 2 samples in the first part, the first with 4 in the second.
    fn classes() -> Vec<Vec<Vec<usize>>> {
        vec![vec![vec![0, 1, 2, 3, 4], vec![8, 9, 10, 11]], vec![vec![5], vec![]], vec![vec![6, 7], vec![]]]
    }

    fn class(sample: usize) -> usize {
        match sample {
            5 => 1,
            6 | 7 => 2,
            _ => 0,
        }
    }

    #[test]
    fn groups_are_of_one_class_and_classes_take_turns() {
        let mut order = balanced(stream(), classes(), vec![], 3);
        let drawn: Vec<usize> = (0..27).map(&mut order).collect();
        for round in drawn.chunks(9) {
            let mut seen: Vec<usize> = round.chunks(3).map(|group| class(group[0])).collect();
            assert!(round.chunks(3).all(|group| group.iter().all(|s| class(*s) == class(group[0]))));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2]);
        }
        // Nine draws of the first class are its nine samples.
        let mut first: Vec<usize> = drawn.iter().copied().filter(|s| class(*s) == 0).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3, 4, 8, 9, 10, 11]);
        let mut again = balanced(stream(), classes(), vec![], 3);
        assert_eq!((again(20), again(0)), (drawn[20], drawn[0]));
    }

    #[test]
    fn shares_hold_within_classes_that_have_both_parts() {
        let mut order = balanced(stream(), classes(), vec![0.25, 0.75], 2);
        let drawn: Vec<usize> = (0..6000).map(&mut order).filter(|s| class(*s) == 0).collect();
        assert_eq!(drawn.len(), 2000);
        let second = drawn.iter().filter(|s| **s >= 8).count();
        assert!((1400..1600).contains(&second), "{second}");
        // Nothing is drawn of a part without a share, unless the class has no other.
        let mut order = balanced(stream(), classes(), vec![0.0, 1.0], 2);
        let drawn: Vec<usize> = (0..60).map(&mut order).collect();
        assert!(drawn.iter().all(|s| *s >= 5) && drawn.contains(&5));
    }
}
