//! Cells side by side, each in a process of its own: what kills one (an abort, the system short of memory) takes no other.
//!
//! A child writes its events to its standard output, a line of JSON each, and stops resumably when its standard input ends:
//! so it does when it is asked to, and when this process dies.

use super::StudyError;
use super::carry_out::{LOOK_AGAIN, Outcome, Queue};
use super::one::Met;
use crate::record::{Claim, Observer, Progress};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

/// How many, and the command that carries out a cell (its number from 0, and its hash).
pub struct Jobs<'a> {
    pub count: usize,
    pub command: &'a dyn Fn(usize, &str) -> std::io::Result<Command>,
}

/// Lines of a child's standard error that are kept.
const WORDS: usize = 50;

/// A cell that runs.
struct Running {
    index: usize,
    child: Child,
    /// Closed to ask it to stop.
    input: Option<ChildStdin>,
    /// What it said became of it.
    end: Option<Met>,
    /// The last lines of its standard error.
    words: Vec<String>,
}

/// What a child wrote.
enum Heard {
    Event(Box<Progress>),
    Words(String),
    /// Its standard output ended.
    Silence,
}

struct Crew<'a> {
    queue: Queue<'a>,
    running: Vec<Running>,
    sender: Sender<(usize, Heard)>,
    receiver: Receiver<(usize, Heard)>,
    /// Nothing more is begun.
    closing: bool,
}

/// Runs the queue with so many processes at once.
pub fn carry_out(queue: Queue<'_>, jobs: &Jobs<'_>, observer: &mut dyn Observer) -> Result<Outcome, StudyError> {
    let (sender, receiver) = channel();
    let mut crew = Crew { queue, running: vec![], sender, receiver, closing: false };
    let mut told = false;
    loop {
        if crew.queue.options.interrupted() {
            crew.close();
        }
        if !crew.closing {
            crew.fill(jobs, observer);
        }
        if crew.running.is_empty() {
            if crew.closing || crew.queue.waiting.is_empty() {
                break;
            }
            if !std::mem::replace(&mut told, true) {
                crew.queue.wait(observer);
            }
        }
        crew.listen(observer);
    }
    if crew.queue.options.interrupted() {
        return Err(StudyError::Interrupted("interrupted; the same command goes on where the cells stopped".into()));
    }
    Ok((crew.queue.failed, crew.queue.waiting.len()))
}

impl Crew<'_> {
    /// Begins cells as long as there is room and one that is free.
    fn fill(&mut self, jobs: &Jobs<'_>, observer: &mut dyn Observer) {
        let mut in_vain = 0;
        while self.running.len() < jobs.count && in_vain < self.queue.waiting.len() && !self.closing {
            let Some(index) = self.queue.waiting.pop_front() else { return };
            let desk = self.queue.desk(index);
            if let Some(met) = desk.before(observer) {
                self.met(index, met, observer);
                continue;
            }
            if Claim::is_held(&desk.folder) {
                self.queue.put_off(index, desk.worker(), observer);
                in_vain += 1;
                continue;
            }
            match (jobs.command)(index, desk.cell.plan.hash())
                .and_then(|command| self.start(index, desk.limited(command)))
            {
                Ok(running) => self.running.push(running),
                Err(error) => {
                    let met = desk.failed(format!("cannot start its process: {error}"), observer);
                    self.met(index, met, observer);
                }
            }
        }
    }

    fn start(&self, index: usize, mut command: Command) -> std::io::Result<Running> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        if let Some(events) = child.stdout.take() {
            self.hear(index, events, |line| serde_json::from_str(&line).ok().map(|e| Heard::Event(Box::new(e))), true);
        }
        if let Some(words) = child.stderr.take() {
            self.hear(index, words, |line| Some(Heard::Words(line)), false);
        }
        Ok(Running { index, child, input, end: None, words: vec![] })
    }

    /// Passes on the lines of a stream.
    fn hear(&self, index: usize, stream: impl Read + Send + 'static, heard: fn(String) -> Option<Heard>, last: bool) {
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            // Nobody listens any more when the study has ended.
            for line in BufReader::new(stream).lines().map_while(Result::ok).filter_map(heard) {
                let _ = sender.send((index, line));
            }
            if last {
                let _ = sender.send((index, Heard::Silence));
            }
        });
    }

    /// Waits for a word of some child, or for a while.
    fn listen(&mut self, observer: &mut dyn Observer) {
        let (index, heard) = match self.receiver.recv_timeout(LOOK_AGAIN) {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        };
        let Some(at) = self.running.iter().position(|r| r.index == index) else { return };
        match heard {
            Heard::Event(event) => self.event(at, *event, observer),
            Heard::Words(line) => {
                let words = &mut self.running[at].words;
                words.push(line);
                let much = words.len().saturating_sub(WORDS);
                words.drain(..much);
            }
            Heard::Silence => {
                let running = self.running.remove(at);
                let met = match ended(running) {
                    // Someone asked this one process alone to stop.
                    Met::Interrupted(_) if !self.closing && !self.queue.options.interrupted() => {
                        Met::Failed("its process was told to stop; the next run goes on with it".into())
                    }
                    met => met,
                };
                if let Met::Failed(error) = &met {
                    let title = self.queue.prepared.cells[index].spec.title.clone();
                    self.pass(index, Progress::CellFailed { title, error: error.clone() }, observer);
                }
                self.met(index, met, observer);
            }
        }
    }

    fn event(&mut self, at: usize, event: Progress, observer: &mut dyn Observer) {
        let running = &mut self.running[at];
        let end = match &event {
            Progress::CellReused { .. } | Progress::CellFinished { .. } => Some(Met::Done),
            Progress::CellStopped { .. } => Some(Met::Passed),
            // Told with all that is known when the process has ended.
            Progress::CellFailed { error, .. } | Progress::CellLeft { error, .. } => Some(Met::Failed(error.clone())),
            Progress::CellBusy { worker, .. } => Some(Met::Busy(worker.clone())),
            _ => None,
        };
        let silent = matches!(end, Some(Met::Failed(_) | Met::Busy(_)));
        running.end = end.or(running.end.take());
        let index = running.index;
        if !silent {
            self.pass(index, event, observer);
        }
    }

    fn pass(&self, index: usize, event: Progress, observer: &mut dyn Observer) {
        let (cell, cells) = (index + 1, self.queue.prepared.cells.len());
        observer.observe(&Progress::Within { cell, cells, event: Box::new(event) });
    }

    /// Draws the consequences of what became of a cell.
    fn met(&mut self, index: usize, met: Met, observer: &mut dyn Observer) {
        match met {
            Met::Busy(worker) => self.queue.put_off(index, worker, observer),
            Met::Failed(error) if !self.queue.fail(index, &error) => self.close(),
            Met::Interrupted(_) => self.queue.waiting.push_front(index),
            Met::Done | Met::Passed | Met::Failed(_) => {}
        }
    }

    /// Begins nothing more and asks those that run to stop.
    fn close(&mut self) {
        self.closing = true;
        self.running.iter_mut().for_each(|running| running.input = None);
    }
}

/// What became of a child that has nothing more to say.
fn ended(mut running: Running) -> Met {
    drop(running.input.take());
    match (running.child.wait(), running.end) {
        (_, Some(end)) => end,
        (Ok(status), _) if status.code() == Some(130) => Met::Interrupted(String::new()),
        (Ok(status), _) if status.success() => Met::Done,
        (Ok(status), _) => Met::Failed(died(status, &running.words)),
        (Err(error), _) => Met::Failed(format!("its process cannot be waited for: {error}")),
    }
}

fn died(status: ExitStatus, words: &[String]) -> String {
    let first = words.iter().find_map(|line| line.strip_prefix("error: "));
    if let (Some(1 | 2), Some(error)) = (status.code(), first) {
        return error.to_string();
    }
    let said = words.last().map(|line| format!(": {line}")).unwrap_or_default();
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let why = if signal == 9 { " (kill -9, or the system was short of memory)" } else { "" };
        return format!("its process died of signal {signal}{why}; the next run goes on with it{said}");
    }
    format!("its process ended with {status}{said}")
}
