//! Which addresses are where.
//!
//! Source: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and those
//! that it lists).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is on the open network.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match inner(ip) {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

/// Whether an address may be one of one's own machines: public, private or this one, but none where
/// a cloud keeps its credentials, and none that means many.
pub(super) fn is_ordinary(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_ordinary_v4(ip),
        IpAddr::V6(ip) => match inner(ip) {
            Some(ip) => is_ordinary_v4(ip),
            None => {
                ip.is_loopback() || is_public_v6(ip) || (is_unique_local(ip) && !is_metadata(ip))
            }
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    // This network, private ones, this machine, neighbours, many at once, kept for later.
    let is_inside = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
    );
    // Protocol assignments, documentation, the old 6to4 relays, AS112, benchmarks.
    let is_special = matches!(
        (a, b, c),
        (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 31, 196)
            | (192, 52, 193)
            | (192, 175, 48)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    // Where Azure keeps its credentials. Others' are in the ranges above.
    let is_metadata = (a, b, c) == (168, 63, 129);
    !is_inside && !is_special && !is_metadata
}

fn is_ordinary_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    let is_inside = matches!(
        (a, b, c),
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _)
    );
    let is_metadata = (a, b, c, d) == (100, 100, 100, 200);
    is_public_v4(ip) || (is_inside && !is_metadata)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // All that is assigned for the open network is in 2000::/3.
    let is_global = a & 0xe000 == 0x2000;
    // 2001::/23 is for protocols (Teredo among them), 2001:db8::/32 and 3fff::/20 for documents.
    let is_special = matches!((a, b), (0x2001, 0..0x200 | 0xdb8) | (0x3fff, 0..0x1000));
    is_global && !is_special
}

fn is_unique_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xfe00 == 0xfc00
}

/// Where AWS keeps its credentials: `fd00:ec2::254`, with its neighbours.
fn is_metadata(ip: Ipv6Addr) -> bool {
    matches!(ip.segments(), [0xfd00, 0x0ec2, ..] | [0xfd20, 0x00ce, ..])
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, by 6to4.
fn inner(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // `::1` and `::` are no IPv4 addresses.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            v4(high, low)
        }
        // A network's own translation: what is behind it, nobody knows.
        [0x64, 0xff9b, 1, ..] => Some(Ipv4Addr::UNSPECIFIED),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}
