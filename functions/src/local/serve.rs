//! The local server's listener: API and pages on one address.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use super::Local;

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
#[error("the listener failed")]
pub struct ServeError(#[from] std::io::Error);

/// Serves until the process is told to end.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(local: Local, listener: TcpListener) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let service = router(&local, address).into_make_service_with_connect_info::<SocketAddr>();
    println!("listening on http://{address}");
    axum::serve(listener, service).with_graceful_shutdown(told_to_end()).await?;
    local.stop().await;
    Ok(())
}

/// API and pages.
pub fn router(local: &Local, address: SocketAddr) -> Router {
    let _ = (local, address);
    Router::new()
}

/// Ctrl-C, or SIGTERM where there is such a thing.
async fn told_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            let _ = interrupted.await;
            return;
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}
