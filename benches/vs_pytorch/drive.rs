//! Plays a case: both sides made ready and compared, then timed in turns, never at the same time.

use super::Arguments;
use super::cases::Measured;
use super::compare::{Computed, Scratch};
use super::player::{Player, Side};
use super::protocol::{Case, Reply, Request, SystemCase};
use std::time::Duration;

/// Seconds that a side runs an operation in a round, about.
const TURN: f64 = 0.12;
/// Runs in a turn at most.
const MOST: usize = 200;
/// Until the other side's idle threads sleep.
const PAUSE: Duration = Duration::from_millis(30);

/// What a case came to.
pub struct Row {
    pub name: String,
    pub flops: Option<f64>,
    /// Faces or pairs of a run.
    pub count: Option<usize>,
    /// Median seconds by side; `None` where it does not work.
    pub seconds: Vec<Option<f64>>,
    /// Peak memory by side, bytes.
    pub bytes: Vec<Option<u64>>,
    /// Whether a side computes what ours does; one that does not is no rival.
    pub same: Vec<bool>,
    /// What is not the same, and what failed.
    pub warnings: Vec<String>,
}

impl Row {
    /// The best rival's time over ours.
    pub fn ratio(&self, sides: &[Side]) -> Option<f64> {
        let rivals =
            sides.iter().zip(&self.same).zip(&self.seconds).filter(|((side, same), _)| side.is_rival() && **same);
        let best = rivals.filter_map(|(_, s)| *s).fold(f64::INFINITY, f64::min);
        self.seconds[0].filter(|_| best.is_finite()).map(|ours| best / ours)
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n == 0 { f64::NAN } else { (values[(n - 1) / 2] + values[n / 2]) / 2.0 }
}

/// Sides that have a case loaded, with what they answered; `None` and a warning where one cannot.
type Loaded = Vec<Option<(Player, Reply)>>;

/// Operations, on players that live through all of them.
pub struct Ops<'a> {
    arguments: &'a Arguments,
    scratch: &'a Scratch,
    players: Vec<Player>,
}

impl<'a> Ops<'a> {
    pub fn new(arguments: &'a Arguments, scratch: &'a Scratch) -> anyhow::Result<Ops<'a>> {
        let start = |side: &Side| Player::start(side, arguments.threads);
        Ok(Ops { arguments, scratch, players: arguments.sides.iter().map(start).collect::<Result<_, _>>()? })
    }

    pub fn play(&mut self, measured: &Measured) -> anyhow::Result<Row> {
        let players = std::mem::take(&mut self.players);
        let mut row = Row::new(measured, self.arguments);
        let mut loaded = load(players, &measured.case, &mut row);
        compare(&mut loaded, &measured.case, self.scratch, &mut row);
        turns(&mut loaded, (2, self.arguments.rounds), &mut row);
        for (side, player) in self.arguments.sides.iter().zip(loaded) {
            let kept = player.and_then(|(mut player, _)| player.ask(&Request::Drop).is_ok().then_some(player));
            // One that has failed is in an unknown state.
            self.players.push(kept.map_or_else(|| Player::start(side, self.arguments.threads), Ok)?);
        }
        Ok(row)
    }
}

impl Row {
    fn new(measured: &Measured, arguments: &Arguments) -> Row {
        let (name, flops, count) = (measured.name.clone(), measured.flops, measured.count);
        let sides = arguments.sides.len();
        let (seconds, bytes) = (vec![None; sides], vec![None; sides]);
        Row { name, flops, count, seconds, bytes, same: vec![true; sides], warnings: vec![] }
    }
}

fn load(players: Vec<Player>, case: &Case, row: &mut Row) -> Loaded {
    let one = |mut player: Player| match player.load(case) {
        Ok(reply) => Some((player, reply)),
        Err(error) => {
            row.warnings.push(format!("{error:#}"));
            None
        }
    };
    players.into_iter().map(one).collect()
}

/// Compares the first player with each of the others.
fn compare(loaded: &mut Loaded, case: &Case, scratch: &Scratch, row: &mut Row) {
    let mut ours: Option<Computed> = None;
    for (side, place) in loaded.iter_mut().enumerate() {
        let Some((player, reply)) = place else { continue };
        match (Computed::by(player, reply, scratch), &ours) {
            (Ok(computed), None) if side == 0 => ours = Some(computed),
            (Ok(theirs), Some(ours)) => {
                let found = ours.differences(&theirs, case);
                row.same[side] = found.is_empty();
                row.warnings.extend(found);
            }
            (Ok(_), None) => {}
            (Err(error), _) => {
                row.warnings.push(format!("{error:#}"));
                *place = None;
            }
        }
    }
}

/// Rounds in which each side has its turn, another beginning each time; before them, `warm` runs each.
fn turns(loaded: &mut Loaded, (warm, rounds): (usize, usize), row: &mut Row) {
    let sides = loaded.len();
    let mut found: Vec<Vec<f64>> = vec![vec![]; sides];
    let mut times = vec![0; sides];
    for round in 0..=rounds {
        for turn in 0..sides {
            let side = (turn + round) % sides;
            let Some((player, _)) = &mut loaded[side] else { continue };
            std::thread::sleep(PAUSE);
            // The first round warms up and says how often an operation fits into a turn.
            let outcome = player.run(if round == 0 { warm } else { times[side] });
            match outcome {
                Ok(seconds) if round == 0 => {
                    times[side] = ((TURN / seconds.last().copied().unwrap_or(1.0)) as usize).clamp(1, MOST);
                }
                Ok(seconds) => found[side].push(median(seconds)),
                Err(error) => {
                    row.warnings.push(format!("{error:#}"));
                    loaded[side] = None;
                }
            }
        }
    }
    for (side, seconds) in found.into_iter().enumerate() {
        row.seconds[side] = loaded[side].is_some().then(|| median(seconds));
    }
}

/// A step or a generator, on players of its own: their memory is its.
pub fn system(measured: &Measured, arguments: &Arguments, scratch: &Scratch) -> anyhow::Result<Row> {
    let mut row = Row::new(measured, arguments);
    let Case::System(case) = &measured.case else { anyhow::bail!("not a system") };
    let tensors = scratch.path().join("tensors.safetensors");
    // A failure of ours must not leave the last case's.
    let _ = std::fs::remove_file(&tensors);
    let without = SystemCase { dropout: false, tensors: Some(tensors.clone()), ..case.clone() };
    compare(&mut open(&without, arguments, &mut row)?, &measured.case, scratch, &mut row);
    // Ours draws the same tensors again, and spares its memory the writing.
    let timed = SystemCase { tensors: Some(tensors), ..case.clone() };
    let mut loaded = open(&timed, arguments, &mut row)?;
    turns(&mut loaded, (1, arguments.rounds), &mut row);
    for (side, player) in loaded.iter_mut().enumerate() {
        if let Some((player, _)) = player {
            row.bytes[side] = player.ask(&Request::Memory).ok().map(|reply| reply.bytes);
        }
    }
    Ok(row)
}

/// Fresh players with a system loaded. Where dropout is off they will be compared: ours writes its tensors.
fn open(case: &SystemCase, arguments: &Arguments, row: &mut Row) -> anyhow::Result<Loaded> {
    let mut loaded = Loaded::new();
    for side in &arguments.sides {
        let reads = side.is_torch() || !case.dropout;
        let case = SystemCase { tensors: case.tensors.clone().filter(|_| reads), ..case.clone() };
        let players = vec![Player::start(side, arguments.threads)?];
        loaded.extend(load(players, &Case::System(case), row));
    }
    Ok(loaded)
}
