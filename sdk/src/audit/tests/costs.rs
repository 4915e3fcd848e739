//! What the tree costs.

use super::world::World;
use crate::audit::collect;
use crate::store::Store;
use crate::testing::FaultyStore;

#[tokio::test]
async fn a_run_costs_the_tree_three_write_units_and_its_own_transitions_none() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.many(500);
    let store = FaultyStore::counting(world.store.clone());
    collect(&store as &dyn Store, world.now()).await.unwrap();
    let first = store.take_counts();
    assert!(first.write_units <= 500 / 2, "{first:?}");
    assert!(first.read_units <= 2 * 500, "{first:?}");
    // Of those that rest, each costs a look.
    collect(&store as &dyn Store, world.now()).await.unwrap();
    let idle = store.take_counts();
    assert_eq!(idle.write_units, 0);
    assert!(idle.read_units <= 2 * 500, "{idle:?}");
}
