//! The API over a real connection, byte by byte.

use std::net::SocketAddr;

use axum::Router;
use countersign::desk::Desk;
use countersign_functions::api::{ApiState, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::Api;

async fn served(desk: Desk) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let base_url = format!("http://{address}");
    let router: Router = router(ApiState { desk, local: true, oidc: None, base_url });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Sends bytes and reads whatever comes back.
async fn sent(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = head.replace("{host}", &address.to_string());
    stream.write_all(head.replace('\n', "\r\n").as_bytes()).await.unwrap();
    // Whoever is refused early is not listened to until the end.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_is_believed_over_loopback_and_bodies_may_come_in_chunks() {
    let api = Api::new();
    let address = served(api.local.desk.clone()).await;
    let close = "Host: {host}\nConnection: close\n";
    let ada = "X-Countersign-User: ada@acme.test\n";
    let healthy = sent(address, &format!("GET /healthz HTTP/1.1\n{close}\n"), b"").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    let me = sent(address, &format!("GET /v1/me HTTP/1.1\n{close}{ada}\n"), b"").await;
    assert!(me.contains("ada@acme.test"), "{me}");
    let foreign = "GET /v1/me HTTP/1.1\nHost: evil.test\nConnection: close\n";
    let foreign = sent(address, &format!("{foreign}{ada}\n"), b"").await;
    assert!(foreign.starts_with("HTTP/1.1 403") && foreign.contains("foreign_host"), "{foreign}");

    let post = format!("POST /v1/preview HTTP/1.1\n{close}{ada}Content-Type: application/json\n");
    let chunked = format!("{post}Transfer-Encoding: chunked\n\n");
    let body = b"10\r\n{\"flow\": \"access\r\n2\r\n\"}\r\n0\r\n\r\n";
    let answer = sent(address, &chunked, body).await;
    assert!(answer.contains("invalid_request") && answer.contains("target"), "{answer}");
    let large = format!("{:x}\r\n{}", 200_000, "x".repeat(200_000));
    let answer = sent(address, &chunked, large.as_bytes()).await;
    assert!(answer.contains("body_too_large"), "{answer}");
    let cut = format!("{post}Content-Length: 10\n\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = cut.replace("{host}", &address.to_string()).replace('\n', "\r\n");
    stream.write_all(format!("{head}{{}}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.contains("body_unreadable"), "{answer}");
}
