//! The crash test: a server that is killed at any moment, people who go on with their stories as
//! if nothing had happened, a ledger of everything that the server accepted, and at the end a look
//! at all that is left.
//!
//! It goes in rounds, each over a store of its own: stories and kills, then no more kills until
//! everything is at rest, then the checks.

mod chain;
mod check;
mod duty;
mod ledger;
mod people;
mod rest;
mod settings;
mod shelf;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use duty::Duty;
use world::World;

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub times: u32,
    /// How many people ask for access at the same time.
    pub people: usize,
    /// Where chance begins.
    pub seed: u64,
    /// The server.
    pub binary: PathBuf,
    /// Where the stores are made; `None`: in the system's folder for such things.
    pub data: Option<PathBuf>,
}

/// So many kills go into one store.
const KILLS_IN_A_ROUND: u32 = 100;

/// Does it, and says what came of it. Returns whether everything held.
///
/// # Errors
///
/// If it could not be done, as when the server does not start.
pub async fn run(plan: &Plan) -> Result<bool, String> {
    println!("seed {}: {} kills, {} people", plan.seed, plan.times, plan.people);
    let (began, mut chance) = (Instant::now(), Chance::new(plan.seed));
    let mut killed = 0;
    while killed < plan.times {
        let kills = (plan.times - killed).min(KILLS_IN_A_ROUND);
        killed += kills;
        let broken = round(plan, &mut chance, kills).await?;
        println!("{killed} kills in {:.0} s", began.elapsed().as_secs_f64());
        if !broken.is_empty() {
            println!("\nBROKEN, seed {}:", plan.seed);
            for what in broken.iter().take(50) {
                println!("- {what}");
            }
            println!("{} in all", broken.len());
            return Ok(false);
        }
    }
    println!("nothing was lost, and every promise held");
    Ok(true)
}

/// Stories and kills over one store. Returns what broke.
async fn round(plan: &Plan, chance: &mut Chance, kills: u32) -> Result<Vec<String>, String> {
    let folder = match &plan.data {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    };
    let mut folder = folder.map_err(|error| format!("there is no place for a store: {error}"))?;
    let world = Arc::new(World::new(plan.people));
    let mut duty = Duty::new(&plan.binary, folder.path(), world.clone(), plan.people)?;
    duty.start()?;
    let people: Vec<_> = (0..plan.people)
        .map(|number| tokio::spawn(people::live(world.clone(), number, chance.fork())))
        .collect();
    for _ in 0..kills {
        duty.kill_sometime(chance).await?;
    }
    world.end_stories();
    for person in people {
        let ended = tokio::time::timeout(Duration::from_mins(1), person).await;
        if !matches!(ended, Ok(Ok(()))) {
            world.broke("somebody's story never came to its end".to_owned());
        }
    }
    rest::in_the_middle(&world, duty.data()).await?;
    rest::everything(&world, duty.data()).await?;
    let found = check::all(&world, &mut duty).await?;
    let mut broken = world.broken();
    broken.extend(found.broken);
    println!("  {}", found.summary);
    if !broken.is_empty() {
        folder.disable_cleanup(true);
        println!("  the store was kept: {}", folder.path().display());
    }
    Ok(broken)
}
