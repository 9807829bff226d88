//! Life lines: both ends say every second that they are there, and at last why they go.
//!
//! Silence is counted in looks, not by the clock: processes that the system held together (a suspended machine, a frozen
//! container) do not take each other for dead when they wake.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(1);

const HERE: u8 = b'.';
/// The other end goes, all being well.
const END: u8 = b'e';
/// A reason follows: its length as 4 bytes, then the text.
const REASON: u8 = b'!';
/// No reason is longer.
const LONGEST: usize = 4096;

/// What became of the others, as far as this process knows.
#[derive(Default)]
pub struct Watch {
    /// The first thing that went wrong.
    lost: Mutex<Option<String>>,
    lines: Mutex<Vec<Line>>,
    /// Done when something goes wrong.
    acts: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    /// Shut down when something goes wrong, so that nobody waits on them for ever.
    data: Mutex<Vec<TcpStream>>,
    over: AtomicBool,
}

/// The way out to one other process.
struct Line {
    stream: TcpStream,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// Who was lost first, and how.
    pub fn lost(&self) -> Option<String> {
        lock(&self.lost).clone()
    }

    /// Does something when something goes wrong; at once if it has.
    pub fn when_lost(&self, act: Box<dyn FnOnce() + Send>) {
        lock(&self.acts).push(act);
        if self.lost().is_some() {
            self.act();
        }
    }

    fn act(&self) {
        let acts = std::mem::take(&mut *lock(&self.acts));
        acts.into_iter().for_each(|act| act());
    }

    /// Adds a connection of each kind to one other process. `silent` looks without a sign of life are its end; `how` says
    /// what became of it.
    pub fn add(
        self: &Arc<Self>,
        (data, line): (TcpStream, TcpStream),
        silent: Duration,
        how: impl Fn(Gone) -> String + Send + 'static,
    ) -> std::io::Result<()> {
        line.set_read_timeout(Some(BEAT))?;
        line.set_write_timeout(Some(silent))?;
        let mut reader = line.try_clone()?;
        lock(&self.lines).push(Line { stream: line });
        lock(&self.data).push(data);
        let watch = self.clone();
        let looks = silent.as_secs().max(1);
        std::thread::Builder::new().name("life line".into()).spawn(move || {
            let gone = listen(&mut reader, looks);
            if !watch.over.load(Ordering::SeqCst) && !matches!(gone, Gone::Ended) {
                watch.fail(how(gone));
            }
        })?;
        Ok(())
    }

    /// Says every second that this process is there, until it is over.
    pub fn beat(self: &Arc<Self>) -> std::io::Result<()> {
        let watch = self.clone();
        std::thread::Builder::new().name("heartbeat".into()).spawn(move || {
            while !watch.over.load(Ordering::SeqCst) {
                // A line that is broken is noticed by its reader.
                lock(&watch.lines).iter_mut().for_each(|line| drop(line.stream.write_all(&[HERE])));
                std::thread::sleep(BEAT);
            }
        })?;
        Ok(())
    }

    /// Keeps the reason if it is the first, tells it to the others, and ends all that waits.
    pub fn fail(&self, reason: String) {
        {
            let mut lost = lock(&self.lost);
            if lost.is_some() {
                return;
            }
            *lost = Some(reason.clone());
        }
        let text: Vec<u8> = reason.into_bytes().into_iter().take(LONGEST).collect();
        let mut message = vec![REASON];
        message.extend((text.len() as u32).to_le_bytes());
        message.extend(text);
        for line in lock(&self.lines).iter_mut() {
            // Whoever is gone hears nothing.
            let _ = line.stream.write_all(&message);
        }
        for data in lock(&self.data).iter() {
            let _ = data.shutdown(Shutdown::Both);
        }
        self.act();
    }

    /// Goes, all being well.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        for line in lock(&self.lines).iter_mut() {
            let _ = line.stream.write_all(&[END]);
        }
    }

    /// What went wrong, if it is heard of within a moment: the life line may be a little behind.
    pub fn soon(&self) -> Option<String> {
        for _ in 0..100 {
            if let Some(lost) = self.lost() {
                return Some(lost);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

/// How another process went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    Ended,
    /// It said why.
    Said(String),
    /// Its connection closed without a word.
    Closed,
    /// So many seconds without a sign of life.
    Silent(u64),
}

fn listen(line: &mut impl Read, looks: u64) -> Gone {
    let mut silent = 0;
    let mut byte = [0];
    loop {
        match line.read(&mut byte) {
            Ok(0) => return Gone::Closed,
            Ok(_) if byte[0] == END => return Gone::Ended,
            Ok(_) if byte[0] == REASON => return reason(line).map_or(Gone::Closed, Gone::Said),
            Ok(_) => silent = 0,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                silent += 1;
                if silent >= looks {
                    return Gone::Silent(silent);
                }
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Gone::Closed,
        }
    }
}

fn reason(line: &mut impl Read) -> Option<String> {
    let mut len = [0; 4];
    line.read_exact(&mut len).ok()?;
    let mut text = vec![0; (u32::from_le_bytes(len) as usize).min(LONGEST)];
    line.read_exact(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says nothing so many times, then what is left.
    struct Quiet(usize, &'static [u8]);

    impl Read for Quiet {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.0 > 0 {
                self.0 -= 1;
                return Err(ErrorKind::WouldBlock.into());
            }
            self.1.read(into)
        }
    }

    #[test]
    fn every_way_to_go_is_told_apart() {
        assert_eq!(listen(&mut Quiet(2, b"..e"), 3), Gone::Ended);
        assert_eq!(listen(&mut Quiet(2, b".."), 3), Gone::Closed);
        assert_eq!(listen(&mut Quiet(3, b"..e"), 3), Gone::Silent(3));
        assert_eq!(listen(&mut Quiet(0, b".!\x02\0\0\0no."), 3), Gone::Said("no".into()));
        assert_eq!(listen(&mut Quiet(0, b".!\xff\xff\xff\xffno."), 3), Gone::Closed, "a length that is none");
    }
}
