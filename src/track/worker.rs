//! A tracker's own thread: it looks at the record now and then, so that training never waits for it.

use super::{Ending, Sink};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Where the end of the run is told.
#[derive(Default)]
struct Mail {
    ending: Mutex<Option<Ending>>,
    told: Condvar,
}

impl Mail {
    fn lock(&self) -> MutexGuard<'_, Option<Ending>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that works for one tracker.
pub struct Worker {
    mail: Arc<Mail>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Notes for whoever watches go to `notes`.
    pub fn start(mut sink: Box<dyn Sink>, notes: Sender<String>) -> Self {
        let mail = Arc::new(Mail::default());
        let told = mail.clone();
        let thread = std::thread::spawn(move || {
            let say = |said: Vec<String>| {
                // Nobody listens any more where the run was dropped.
                said.into_iter().for_each(|note| drop(notes.send(note)));
            };
            loop {
                say(sink.look());
                let ending = told.lock();
                let waited = told.told.wait_timeout_while(ending, sink.pause(), |ending| ending.is_none());
                let ending = *waited.unwrap_or_else(PoisonError::into_inner).0;
                if let Some(ending) = ending {
                    return say(sink.end(ending));
                }
            }
        });
        Worker { mail, thread }
    }

    /// Tells the end, and waits until the tracker has done what it can.
    pub fn finish(self, ending: Ending) {
        *self.mail.lock() = Some(ending);
        self.mail.told.notify_all();
        // A tracker that panicked has nothing more to say; the run is not its business.
        let _ = self.thread.join();
    }
}
