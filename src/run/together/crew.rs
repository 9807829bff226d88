//! The processes that help this one: started here, or by whoever started this one.

use super::group::Group;
use super::life::Gone;
use super::place::{LOCAL, Place, RANK, RANKS, RENDEZVOUS, TOKEN, patience};
use super::{TogetherError, join};
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a process may take to end once it has been told to, in looks.
const LOOKS: usize = 250;
const LOOK: Duration = Duration::from_millis(20);

/// Rank 0's side: opens the group when it is first needed, and anew where one was lost.
pub struct Crew<'a> {
    how: How<'a>,
    group: RefCell<Option<Arc<Group>>>,
    children: Children,
}

enum How<'a> {
    /// So many processes in all; the command is that of each other one.
    Here { ranks: usize, command: &'a dyn Fn() -> std::io::Result<Command> },
    /// Others started them.
    There(Place),
}

/// By rank, from 1.
type Children = Arc<Mutex<Vec<Child>>>;

fn lock(children: &Children) -> std::sync::MutexGuard<'_, Vec<Child>> {
    children.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Crew<'a> {
    /// Starts the others on this machine.
    pub fn here(ranks: usize, command: &'a dyn Fn() -> std::io::Result<Command>) -> Self {
        Crew { how: How::Here { ranks, command }, group: RefCell::default(), children: Children::default() }
    }

    /// Waits for others that somebody else started.
    pub fn there(place: Place) -> Self {
        Crew { how: How::There(place), group: RefCell::default(), children: Children::default() }
    }

    /// Number of this process among those of its machine.
    pub fn local(&self) -> usize {
        match &self.how {
            How::Here { .. } => 0,
            How::There(place) => place.local,
        }
    }

    /// All processes, once they have found each other.
    pub fn group(&self) -> Result<Arc<Group>, TogetherError> {
        let known = self.group.borrow().clone();
        match (known, &self.how) {
            (Some(group), _) if group.lost().is_none() => return Ok(group),
            (Some(group), How::There(_)) => {
                let said = group.lost().unwrap_or_default();
                return Err(TogetherError::Lost(format!("the other processes have ended: {said}")));
            }
            _ => {}
        }
        self.dismiss();
        let group = Arc::new(self.open()?);
        *self.group.borrow_mut() = Some(group.clone());
        Ok(group)
    }

    fn open(&self) -> Result<Group, TogetherError> {
        let (listener, place) = match &self.how {
            How::There(place) => (join::listen(&place.address)?, place.clone()),
            How::Here { ranks, command } => {
                let listener = join::listen("127.0.0.1:0")?;
                let failed = |error| TogetherError::Address { what: "listen at", address: "127.0.0.1".into(), error };
                let address = listener.local_addr().map_err(failed)?.to_string();
                let place = Place { rank: 0, ranks: *ranks, local: 0, address, token: token() };
                for rank in 1..*ranks {
                    let started = command().and_then(|command| start(command, rank, &place));
                    let child = started.map_err(|error| TogetherError::Start { rank, ranks: *ranks, error })?;
                    lock(&self.children).push(child);
                }
                (listener, place)
            }
        };
        let (ranks, children) = (place.ranks, self.children.clone());
        let gone = || {
            let mut children = lock(&children);
            let (number, status) =
                children.iter_mut().enumerate().find_map(|(i, c)| Some((i + 1, c.try_wait().ok()??)))?;
            Some(TogetherError::Lost(format!("process {number} of {ranks} {}", ended(status))))
        };
        let pairs = join::receive(&listener, &place, patience(), gone)?;
        let children = self.children.clone();
        let group = Group::new((0, ranks), pairs, patience(), move |rank, gone| said(rank, ranks, gone, &children));
        group.map_err(|error| TogetherError::Address { what: "talk at", address: place.address, error })
    }

    /// Sends everyone home and waits for it; who does not go is ended.
    fn dismiss(&self) {
        if let Some(group) = self.group.borrow_mut().take() {
            group.end();
        }
        let mut children = std::mem::take(&mut *lock(&self.children));
        for _ in 0..LOOKS {
            children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
            if children.is_empty() {
                return;
            }
            std::thread::sleep(LOOK);
        }
        for mut child in children {
            // It may have ended meanwhile.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        self.dismiss();
    }
}

impl Group {
    /// A process other than rank 0: goes to where the others are.
    pub fn join(place: &Place) -> Result<Group, TogetherError> {
        let ranks = place.ranks;
        let pair = join::come(place, patience())?;
        let how = move |rank, gone| said(rank, ranks, gone, &Children::default());
        let group = Group::new((place.rank, ranks), vec![pair], patience(), how);
        group.map_err(|error| TogetherError::Address { what: "talk to", address: place.address.clone(), error })
    }
}

fn start(mut command: Command, rank: usize, place: &Place) -> std::io::Result<Child> {
    let Place { ranks, address, token, .. } = place;
    let numbers = [(RANK, rank), (RANKS, *ranks), (LOCAL, rank)].map(|(name, number)| (name, number.to_string()));
    command.envs(numbers).env(RENDEZVOUS, address).env(TOKEN, token);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()
}

/// A word that nobody guesses: the processes of other users reach the port too.
fn token() -> String {
    (0..2).map(|_| format!("{:016x}", RandomState::new().build_hasher().finish())).collect()
}

/// What became of another process.
fn said(rank: usize, ranks: usize, gone: Gone, children: &Children) -> String {
    let what = match gone {
        Gone::Said(reason) => return reason,
        Gone::Silent(seconds) => format!("gave no sign of life for {seconds} s"),
        Gone::Ended => "has ended before the run".into(),
        Gone::Closed => status_of(rank, children).map_or_else(|| "has ended, or its machine is lost".into(), ended),
    };
    format!("process {rank} of {ranks} {what}")
}

/// How a child ended; its connections close a little before.
fn status_of(rank: usize, children: &Children) -> Option<ExitStatus> {
    for _ in 0..50 {
        if let Some(status) = lock(children).get_mut(rank.checked_sub(1)?)?.try_wait().ok()? {
            return Some(status);
        }
        std::thread::sleep(LOOK);
    }
    None
}

fn ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let why = if signal == 9 { " (kill -9, or the system was short of memory)" } else { "" };
        return format!("died of signal {signal}{why}");
    }
    format!("ended with {status}")
}
