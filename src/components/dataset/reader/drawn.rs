//! Pairs drawn from photos of people, where no list says them: people are parted into folds, and in each fold as many
//! pairs of one person as of two are drawn; or every photo is compared with the one by which a person is known.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Stream;

/// A pair, by the numbers of its photos.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    pub first: usize,
    pub second: usize,
    pub same: bool,
    pub fold: usize,
}

/// `people`: who each photo shows. In each fold at most `each` pairs of a kind, and as many of the one as of the other; of
/// the same people and seed always the same. The error says what is too few.
pub fn pairs(people: &[String], folds: usize, each: usize, seed: u64) -> Result<Vec<Drawn>, String> {
    let mut photos: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
    people.iter().enumerate().for_each(|(i, person)| photos.entry(person).or_default().push(i));
    let mut order: Vec<(u64, &Vec<usize>)> =
        photos.iter().map(|(person, photos)| (Stream::new(seed, person).at(0), photos)).collect();
    order.sort_unstable();
    if order.len() < 2 * folds {
        return Err(format!("pairs of {folds} folds want at least {} people, there are {}", 2 * folds, order.len()));
    }
    let mut all = vec![];
    for fold in 0..folds {
        let members: Vec<&Vec<usize>> =
            order.iter().enumerate().filter(|(i, _)| i % folds == fold).map(|(_, (_, photos))| *photos).collect();
        let mut genuine: Vec<(usize, usize)> = vec![];
        for photos in &members {
            let later = |(i, a): (usize, &usize)| photos[i + 1..].iter().map(|b| (*a, *b)).collect::<Vec<_>>();
            genuine.extend(photos.iter().enumerate().flat_map(later));
        }
        let stream = Stream::new(seed, "pairs").fork(fold as u64);
        let drawn = stream.fork(0).permutation(genuine.len());
        let kept: Vec<(usize, usize)> = drawn.into_iter().take(each).map(|i| genuine[i]).collect();
        if kept.is_empty() {
            return Err(format!("nobody of fold {} has two photos", fold + 1));
        }
        let impostors = impostors(&members, kept.len(), stream.fork(1));
        let pair = |same| move |(first, second)| Drawn { first, second, same, fold };
        // Fewer pairs of two people than of one are only where there are hardly any photos.
        let count = kept.len().min(impostors.len());
        all.extend(kept.into_iter().take(count).map(pair(true)));
        all.extend(impostors.into_iter().take(count).map(pair(false)));
    }
    Ok(all)
}

/// Each photo of `probes` with the one by which its person is known, and with that of another person of its fold.
/// `people`: who each photo shows; nobody is compared with the photo by which they are known. The error says what is too
/// few.
pub fn against(
    people: &[String],
    known: &BTreeMap<String, usize>,
    probes: &[usize],
    folds: usize,
) -> Result<Vec<Drawn>, String> {
    let all: BTreeSet<&String> = probes.iter().map(|i| &people[*i]).collect();
    let mut order: Vec<(u64, &String)> = all.into_iter().map(|p| (Stream::new(0, p).at(0), p)).collect();
    order.sort_unstable();
    if order.len() < 2 * folds {
        return Err(format!(
            "pairs of {folds} folds want at least {} test people, there are {}",
            2 * folds,
            order.len()
        ));
    }
    let fold_of: BTreeMap<&String, usize> = order.iter().enumerate().map(|(i, (_, p))| (*p, i % folds)).collect();
    let mut found = vec![];
    for (n, &probe) in probes.iter().enumerate() {
        let (person, fold) = (&people[probe], fold_of[&people[probe]]);
        let others = order.iter().map(|(_, p)| *p).filter(|p| fold_of[p] == fold && *p != person);
        let others: Vec<&String> = others.collect();
        let other = others[(Stream::new(0, "other person").at(n as u64) % others.len() as u64) as usize];
        for (who, same) in [(person, true), (other, false)] {
            let Some(&first) = known.get(who).filter(|known| **known != probe) else { continue };
            found.push(Drawn { first, second: probe, same, fold });
        }
    }
    Ok(found)
}

/// Photos of two people each, none twice.
fn impostors(members: &[&Vec<usize>], count: usize, stream: Stream) -> Vec<(usize, usize)> {
    let (mut found, mut seen) = (vec![], BTreeSet::new());
    for tried in 0..100 * count as u64 {
        let draw = |k: u64, n: usize| (stream.fork(tried).at(k) % n as u64) as usize;
        let (a, b) = (draw(0, members.len()), draw(1, members.len() - 1));
        let b = if b >= a { b + 1 } else { b };
        let (first, second) = (members[a][draw(2, members[a].len())], members[b][draw(3, members[b].len())]);
        if seen.insert((first.min(second), first.max(second))) {
            found.push((first, second));
        }
        if found.len() == count {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_balanced_and_people_stay_in_their_fold() {
        let people: Vec<String> = (0..60).map(|i| format!("p{}", i / 5)).collect();
        let drawn = pairs(&people, 3, 20, 0).unwrap();
        assert_eq!(drawn, pairs(&people, 3, 20, 0).unwrap());
        assert_ne!(drawn, pairs(&people, 3, 20, 1).unwrap());
        let mut fold_of: BTreeMap<&String, usize> = BTreeMap::new();
        for pair in &drawn {
            let (a, b) = (&people[pair.first], &people[pair.second]);
            assert_eq!((a == b, pair.first == pair.second), (pair.same, false));
            [a, b].into_iter().for_each(|p| assert_eq!(*fold_of.entry(p).or_insert(pair.fold), pair.fold));
        }
        for fold in 0..3 {
            let of = |same| drawn.iter().filter(|p| p.fold == fold && p.same == same).count();
            assert_eq!((of(true), of(false)), (20, 20));
        }
        let unique: BTreeSet<_> = drawn.iter().map(|p| (p.first.min(p.second), p.first.max(p.second))).collect();
        assert_eq!(unique.len(), drawn.len());
        // Ten pairs of one person are all that five photos give: 4 people a fold.
        assert_eq!(pairs(&people, 3, 1000, 0).unwrap().len(), 3 * 2 * 40);
    }

    #[test]
    fn every_photo_meets_the_known_one_of_its_person_and_of_another() {
        let people: Vec<String> = (0..40).map(|i| format!("p{}", i / 5)).collect();
        // The first photo of each of eight people is the known one; `p7` has none.
        let known: BTreeMap<String, usize> = (0..7).map(|p| (format!("p{p}"), 5 * p)).collect();
        let probes: Vec<usize> = (0..40).filter(|i| i % 5 < 3).collect();
        let found = against(&people, &known, &probes, 4).unwrap();
        let of = |same| found.iter().filter(|p| p.same == same).count();
        assert_eq!(of(true), 7 * 2, "a known photo is not compared with itself");
        let with_unknown = found.iter().filter(|p| !p.same && people[p.second] == "p7").count();
        assert_eq!((with_unknown, of(false)), (3, 8 * 3 - 3), "one of the fold of `p7` meets nobody");
        for pair in &found {
            let (a, b) = (&people[pair.first], &people[pair.second]);
            assert_eq!((a == b, known.get(a)), (pair.same, Some(&pair.first)));
        }
        assert!(against(&people, &known, &probes, 5).unwrap_err().contains("at least 10 test people, there are 8"));
    }

    #[test]
    fn too_few_are_refused() {
        let alone: Vec<String> = (0..8).map(|i| format!("p{i}")).collect();
        assert_eq!(pairs(&alone, 2, 5, 0).unwrap_err(), "nobody of fold 1 has two photos");
        assert!(pairs(&alone, 5, 5, 0).unwrap_err().contains("at least 10 people, there are 8"));
    }
}
