//! A deployment on this machine, to try things on: what `cargo xtask deploy-local` runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use countersign_tests::deployment::{Deployment, PEOPLE, Package};

/// Deploys a program to an emulator of AWS, and stays until it is interrupted.
#[derive(Debug, Parser)]
struct Args {
    /// The program, as `cargo xtask package` makes it.
    #[arg(long, value_name = "FILE")]
    zip: PathBuf,
    /// What the program says of itself: the manifest beside the zip.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Where its files are made while it is there.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let package = Package { zip: args.zip, manifest: args.manifest };
    println!("deploying; it takes about a minute");
    let mut deploying =
        tokio::task::spawn_blocking(move || Deployment::start(&package, &args.folder, &stopped));
    let deployed = tokio::select! {
        deployed = &mut deploying => deployed,
        () = interrupted() => {
            stop.store(true, Ordering::Release);
            deploying.await
        }
    };
    let deployed = deployed.map_err(|error| error.to_string())??;
    let Some(deployment) = deployed else { return Err("something is not installed".to_owned()) };
    if !stop.load(Ordering::Acquire) {
        tell(&deployment)?;
        interrupted().await;
    }
    println!("stopping");
    Ok(())
}

/// Until somebody wants it to end.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminated) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    // Without signals there is nothing to wait for.
    let _ = tokio::signal::ctrl_c().await;
}

/// Where it is, and what can be tried.
fn tell(deployment: &Deployment) -> Result<(), String> {
    let url = deployment.text("url")?;
    let token = |who: &str| format!("$(curl -s {})", deployment.issuer.token_url(who));
    println!("deployed in {:.0} s", deployment.applied.as_secs_f64());
    println!("\nthe API:  {url}");
    println!("tokens:");
    for person in PEOPLE {
        println!("  {}", deployment.issuer.token_url(person));
    }
    println!("\nask, approve, look; ID is in the first answer:");
    println!(
        "  curl -s '{url}/v1/runs' -H \"Authorization: Bearer {}\" -H 'Content-Type: application/json' \
         -H 'Prefer: wait=8' -d '{{\"flow\": \"infra_access\", \"target\": \"prod-database\", \
         \"duration\": \"1h\", \"reason\": \"INC-42\"}}'",
        token("ada@acme.test")
    );
    println!(
        "  curl -s '{url}/v1/runs/ID/approve' -H \"Authorization: Bearer {}\" \
         -H 'Content-Type: application/json' -H 'Prefer: wait=8' -d '{{}}'",
        token("ops@acme.test")
    );
    println!(
        "  curl -s '{url}/v1/grants' -H \"Authorization: Bearer {}\"",
        token("root@acme.test")
    );
    println!("\nCtrl-C stops it, and nothing of it stays");
    Ok(())
}
