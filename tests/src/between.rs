//! What stands between a program and a server: it measures how long the server takes, or keeps what
//! the program asks for.

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::message::Message;

/// It hands on requests and answers. It ends with the value.
#[derive(Debug)]
pub struct Between {
    address: SocketAddr,
    busy: Arc<Mutex<Busy>>,
    kept: Option<Arc<Kept>>,
    ends: Arc<AtomicBool>,
    serves: Option<JoinHandle<()>>,
}

/// What was asked for, in its order.
type Kept = Mutex<Vec<Message>>;

/// While at least one request is at the server, it is busy.
#[derive(Debug, Default)]
struct Busy {
    under_way: usize,
    since: Option<Instant>,
    total: Duration,
    requests: u64,
}

impl Busy {
    fn begins(&mut self) {
        self.requests += 1;
        self.under_way += 1;
        self.since.get_or_insert_with(Instant::now);
    }

    fn ends(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0
            && let Some(since) = self.since.take()
        {
            self.total += since.elapsed();
        }
    }
}

impl Between {
    /// Stands before the server at this address, on a free port of this machine alone.
    ///
    /// # Errors
    ///
    /// If there is no port.
    pub fn start(behind: SocketAddr) -> io::Result<Self> {
        Self::stand(behind, None)
    }

    /// The same, and keeps every request.
    ///
    /// # Errors
    ///
    /// If there is no port.
    pub fn keeping(behind: SocketAddr) -> io::Result<Self> {
        Self::stand(behind, Some(Arc::default()))
    }

    fn stand(behind: SocketAddr, kept: Option<Arc<Kept>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (busy, ends) = (Arc::<Mutex<Busy>>::default(), Arc::new(AtomicBool::new(false)));
        let (counts, ended, keeps) = (busy.clone(), ends.clone(), kept.clone());
        let serves = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (counts, keeps) = (counts.clone(), keeps.clone());
                // It ends when the program hangs up.
                std::thread::spawn(move || hand_on(&stream, behind, &counts, keeps.as_deref()));
            }
        });
        Ok(Self { address, busy, kept, ends, serves: Some(serves) })
    }

    /// Where to send what is meant for the server.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests since the last time, if they are kept.
    #[must_use]
    pub fn asked(&self) -> Vec<Message> {
        let kept = self.kept.iter().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.flat_map(|mut kept| std::mem::take(&mut *kept)).collect()
    }

    /// How long the server was busy since the last time, and with how many requests.
    #[must_use]
    pub fn take(&self) -> (Duration, u64) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut busy.total), std::mem::take(&mut busy.requests))
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        // It looks when somebody comes.
        let _ = TcpStream::connect(self.address);
        if let Some(serves) = self.serves.take() {
            let _ = serves.join();
        }
    }
}

fn hand_on(
    program: &TcpStream,
    behind: SocketAddr,
    busy: &Mutex<Busy>,
    kept: Option<&Kept>,
) -> io::Result<()> {
    let server = TcpStream::connect(behind)?;
    program.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asks, mut answers) = (BufReader::new(program), BufReader::new(&server));
    let (mut to_program, mut to_server) = (program, &server);
    let note = |what: fn(&mut Busy)| what(&mut busy.lock().unwrap_or_else(PoisonError::into_inner));
    while let Some(request) = Message::read(&mut asks)? {
        if let Some(kept) = kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        }
        note(Busy::begins);
        let answer = request.write(&mut to_server).and_then(|()| Message::read(&mut answers));
        note(Busy::ends);
        let Some(answer) = answer? else { return Ok(()) };
        answer.write(&mut to_program)?;
    }
    Ok(())
}
