//! How the processes of a run find each other: rank 0 listens at the rendezvous, every other rank comes twice, once for each
//! of its connections, and says who it is.

use super::TogetherError;
use super::place::Place;
use super::wire::{self, Kind};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Between two looks for a connection.
const LOOK: Duration = Duration::from_millis(20);

/// For the few bytes of a greeting.
const GREETING: Duration = Duration::from_secs(10);

/// What a process says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    token: String,
    version: String,
    rank: usize,
    ranks: usize,
    /// The life line, else the connection for data.
    life: bool,
}

impl Hello {
    fn of(place: &Place, life: bool) -> Hello {
        let version = env!("CARGO_PKG_VERSION").into();
        Hello { token: place.token.clone(), version, rank: place.rank, ranks: place.ranks, life }
    }
}

/// Listens where the others will come to. On a machine of several names, on all of them.
pub fn listen(address: &str) -> Result<TcpListener, TogetherError> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
    let here = host == "localhost" || host.starts_with("127.");
    let at = if here { address.to_string() } else { format!("0.0.0.0:{port}") };
    let failed = |error| TogetherError::Address { what: "listen at", address: at.clone(), error };
    let listener = TcpListener::bind(&at).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Data and life line.
type Pair = (TcpStream, TcpStream);

/// Waits for all others; theirs are given in the order of their ranks. `gone` may say why nobody will come.
pub fn receive(
    listener: &TcpListener,
    place: &Place,
    patience: Duration,
    gone: impl Fn() -> Option<TogetherError>,
) -> Result<Vec<Pair>, TogetherError> {
    let mut found: Vec<[Option<TcpStream>; 2]> = (1..place.ranks).map(|_| [None, None]).collect();
    // Counted in looks, so that a process that was held is not late.
    let mut looks = patience.as_millis() / LOOK.as_millis();
    while found.iter().flatten().any(Option::is_none) {
        match listener.accept() {
            Ok((stream, from)) => greet(stream, from, place, &mut found)?,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                if let Some(error) = gone() {
                    return Err(error);
                }
                let Some(left) = looks.checked_sub(1) else { return Err(absent(&found, place, patience)) };
                looks = left;
                std::thread::sleep(LOOK);
            }
            Err(error) => {
                return Err(TogetherError::Address { what: "listen at", address: place.address.clone(), error });
            }
        }
    }
    Ok(found.into_iter().filter_map(|[data, life]| data.zip(life)).collect())
}

fn absent(found: &[[Option<TcpStream>; 2]], place: &Place, patience: Duration) -> TogetherError {
    let missing = found.iter().filter(|pair| pair.iter().any(Option::is_none)).count();
    let (ranks, address, seconds) = (place.ranks, place.address.clone(), patience.as_secs());
    TogetherError::Absent { missing, ranks, address, seconds }
}

/// Takes a connection of one of ours. Who does not know the token is sent away without a word.
fn greet(
    mut stream: TcpStream,
    from: SocketAddr,
    place: &Place,
    found: &mut [[Option<TcpStream>; 2]],
) -> Result<(), TogetherError> {
    let prepared = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(GREETING)));
    let said = prepared.and_then(|()| wire::receive(&mut stream, Kind::Hello, 0)).ok();
    let hello = said.and_then(|bytes| serde_json::from_slice::<Hello>(&bytes).ok());
    let Some(hello) = hello.filter(|hello| hello.token == place.token) else { return Ok(()) };
    let expected = Hello { rank: hello.rank, life: hello.life, ..Hello::of(place, false) };
    let slot = found.get_mut(hello.rank.wrapping_sub(1)).map(|pair| &mut pair[usize::from(hello.life)]);
    let why = match slot {
        _ if hello != expected => {
            format!(
                "version {} of {} processes, here {} of {}",
                hello.version, hello.ranks, expected.version, place.ranks
            )
        }
        None => format!("it calls itself process {}", hello.rank),
        Some(Some(_)) => format!("there is a process {} already", hello.rank),
        Some(slot) => {
            if wire::send(&mut stream, Kind::Hello, 0, b"welcome").is_ok() {
                *slot = Some(stream);
            }
            return Ok(());
        }
    };
    // It is about to hear it from us.
    let _ = wire::send(&mut stream, Kind::Hello, 0, why.as_bytes());
    Err(TogetherError::Stranger { address: from.to_string(), why })
}

/// Goes to rank 0, waiting for it to be there.
pub fn come(place: &Place, patience: Duration) -> Result<Pair, TogetherError> {
    Ok((connect(place, false, patience)?, connect(place, true, patience)?))
}

fn connect(place: &Place, life: bool, patience: Duration) -> Result<TcpStream, TogetherError> {
    let failed = |what, error| TogetherError::Address { what, address: place.address.clone(), error };
    let mut looks = patience.as_millis() / LOOK.as_millis();
    let mut stream = loop {
        match TcpStream::connect(&place.address) {
            Ok(stream) => break stream,
            Err(_) if looks > 0 => {
                looks -= 1;
                std::thread::sleep(LOOK);
            }
            Err(error) => return Err(failed("reach process 0 at", error)),
        }
    };
    let hello = serde_json::to_vec(&Hello::of(place, life)).unwrap_or_default();
    stream.set_read_timeout(Some(GREETING.max(patience))).map_err(|e| failed("greet", e))?;
    wire::send(&mut stream, Kind::Hello, 0, &hello).map_err(|e| failed("greet", e))?;
    match wire::receive(&mut stream, Kind::Hello, 0) {
        Ok(said) if said == b"welcome" => Ok(stream),
        Ok(said) => {
            let why = String::from_utf8_lossy(&said).into_owned();
            Err(TogetherError::Stranger { address: place.address.clone(), why })
        }
        Err(error) => Err(failed("be greeted by process 0 at", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(rank: usize, address: &str) -> Place {
        Place { rank, ranks: 3, local: rank, address: address.into(), token: "word".into() }
    }

    #[test]
    fn strangers_are_sent_away_and_all_others_come_in_order() {
        let listener = listen("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let patience = Duration::from_secs(20);
        std::thread::scope(|scope| {
            let stranger = Place { token: "another".into(), ..place(1, &address) };
            let sent_away = scope.spawn(move || come(&stranger, patience).is_err());
            for rank in [2, 1] {
                let place = place(rank, &address);
                scope.spawn(move || come(&place, patience).unwrap());
            }
            let pairs = receive(&listener, &place(0, &address), patience, || None).unwrap();
            assert_eq!(pairs.len(), 2);
            drop(listener);
            assert!(sent_away.join().unwrap());
        });
    }

    #[test]
    fn who_does_not_come_is_missed() {
        let listener = listen("127.0.0.1:0").unwrap();
        let place = place(0, &listener.local_addr().unwrap().to_string());
        let error = receive(&listener, &place, Duration::from_millis(50), || None).unwrap_err().to_string();
        assert!(error.contains("2 of 3 processes did not come"), "{error}");
    }
}
