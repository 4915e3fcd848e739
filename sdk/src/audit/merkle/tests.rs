//! Source of the vectors: `certificate-transparency`, `cpp/merkletree/merkle_tree_test.cc`, by the
//! authors of RFC 6962.

use proptest::prelude::*;

use super::*;

/// What the leaves of the vectors hold.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots over the first leaf, the first two, and so on.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const ABOVE_0_1: &str = ROOTS[1];
const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const ABOVE_2_3: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const ABOVE_4_7: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const ABOVE_4_5: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const ABOVE_6_7: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";

fn leaves() -> Vec<Node> {
    LEAVES.iter().map(|data| Node::leaf(data)).collect()
}

fn texts(nodes: Option<Vec<Node>>) -> Vec<String> {
    nodes.unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn the_published_roots_are_the_roots() {
    assert_eq!(
        Node::empty().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), Node::empty());
    for (size, expected) in (1..).zip(ROOTS) {
        assert_eq!(root(&leaves()[..size]).to_string(), expected, "{size}");
        frontier.push(leaves()[size - 1]);
        assert_eq!(frontier.root().to_string(), expected, "{size}");
        assert!(frontier.is_sound());
    }
}

#[test]
fn the_published_paths_are_the_paths() {
    let path = |index, size| texts(inclusion(index, &leaves()[..size]));
    assert_eq!(path(0, 1), [""; 0]);
    assert_eq!(path(0, 8), [LEAF_1, ABOVE_2_3, ABOVE_4_7]);
    assert_eq!(path(5, 8), [LEAF_4, ABOVE_6_7, ROOTS[3]]);
    assert_eq!(path(2, 3), [ABOVE_0_1]);
    assert_eq!(path(1, 5), [ROOTS[0], ABOVE_2_3, LEAF_4]);
    assert_eq!(inclusion(8, &leaves()), None);
    assert_eq!(inclusion(0, &[]), None);
}

#[test]
fn the_published_proofs_of_consistency_are_the_proofs() {
    let proof = |first, second| texts(consistency(first, &leaves()[..second]));
    assert_eq!(proof(1, 1), [""; 0]);
    assert_eq!(proof(1, 8), [LEAF_1, ABOVE_2_3, ABOVE_4_7]);
    assert_eq!(proof(6, 8), [ABOVE_4_5, ABOVE_6_7, ROOTS[3]]);
    assert_eq!(proof(2, 5), [ABOVE_2_3, LEAF_4]);
    assert_eq!(consistency(0, &leaves()), None);
    assert_eq!(consistency(9, &leaves()), None);
}

#[test]
fn a_hash_and_a_node_are_the_same_32_bytes() {
    let node = Node::leaf(b"x");
    assert_eq!(Node::of(&node.hash()), node);
    let json = serde_json::to_string(&node).unwrap();
    assert_eq!(serde_json::from_str::<Node>(&json).unwrap(), node);
    assert!(serde_json::from_str::<Node>("\"6E\"").is_err());
}

fn any_leaves() -> impl Strategy<Value = Vec<Node>> {
    proptest::collection::vec(any::<u16>(), 1..150)
        .prop_map(|all| all.iter().map(|data| Node::leaf(&data.to_be_bytes())).collect())
}

fn len(leaves: &[Node]) -> u64 {
    u64::try_from(leaves.len()).unwrap()
}

/// Each way to spoil a proof a little.
fn spoilt(proof: &[Node]) -> Vec<Vec<Node>> {
    let mut all = vec![[proof, &[Node::leaf(b"more")]].concat()];
    for at in 0..proof.len() {
        let mut other = proof.to_vec();
        other[at] = Node::leaf(b"other");
        all.push(other);
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        all.push(shorter);
    }
    all
}

proptest! {
    #[test]
    fn growing_leads_to_the_root_over_all(leaves in any_leaves()) {
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.push(*leaf);
        }
        prop_assert!(frontier.is_sound());
        prop_assert_eq!(frontier.size(), len(&leaves));
        prop_assert_eq!(frontier.root(), root(&leaves));
    }

    #[test]
    fn a_path_proves_its_leaf_and_nothing_else(leaves in any_leaves(), pick in any::<prop::sample::Index>()) {
        let index = pick.index(leaves.len());
        let (at, size, root) = (u64::try_from(index).unwrap(), len(&leaves), root(&leaves));
        let path = inclusion(index, &leaves).unwrap();
        prop_assert!(is_included(leaves[index], at, size, &path, root));
        prop_assert!(!is_included(Node::leaf(b"other"), at, size, &path, root));
        prop_assert!(!is_included(leaves[index], at, size, &path, Node::empty()));
        prop_assert!(!is_included(leaves[index], size, size, &path, root));
        for other in spoilt(&path) {
            prop_assert!(!is_included(leaves[index], at, size, &other, root));
        }
    }

    #[test]
    fn a_proof_of_consistency_proves_growth_and_nothing_else(
        leaves in any_leaves(),
        pick in any::<prop::sample::Index>(),
    ) {
        let first = pick.index(leaves.len()) + 1;
        let old = (len(&leaves[..first]), root(&leaves[..first]));
        let new = (len(&leaves), root(&leaves));
        let proof = consistency(first, &leaves).unwrap();
        prop_assert!(is_consistent(old, new, &proof));
        prop_assert!(!is_consistent((old.0, Node::leaf(b"other")), new, &proof));
        prop_assert!(!is_consistent(old, (new.0, Node::leaf(b"other")), &proof));
        for other in spoilt(&proof) {
            prop_assert!(!is_consistent(old, new, &other));
        }
    }
}
