//! Two empty tables, and where they are.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use countersign_functions::aws::{Clients, Patience};
use countersign_functions::store::DynamoStore;
use countersign_functions::store::dynamodb::Tables;
use countersign_tests::ministack::Ministack;

/// How long a table may take to be there.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Two tables. They are gone with the value.
pub(crate) struct Place {
    pub(crate) clients: Clients,
    pub(crate) tables: Tables,
    /// Where the tables are, if not on AWS itself.
    #[allow(dead_code, reason = "only some of the tests that share this read it")]
    pub(crate) endpoint: Option<String>,
    /// It ends with the tables, if it is our own.
    ministack: Option<Ministack>,
}

impl Place {
    /// `None` where there is no `DynamoDB` of any kind.
    pub(crate) async fn find() -> Option<Self> {
        let given = std::env::var("COUNTERSIGN_DYNAMODB_ENDPOINT").unwrap_or_default();
        let (endpoint, ministack) = match given.as_str() {
            "" => {
                let ministack = Ministack::start().unwrap()?;
                (Some(ministack.endpoint()), Some(ministack))
            }
            "aws" => (None, None),
            endpoint => (Some(endpoint.to_owned()), None),
        };
        let clients = match &endpoint {
            Some(endpoint) => Clients::of_emulator(endpoint),
            None => Clients::from_environment().await.unwrap(),
        };
        let name = unique_name();
        let tables = Tables { core: format!("{name}-core"), audit: format!("{name}-audit") };
        for table in [&tables.core, &tables.audit] {
            create(&clients.dynamodb(Patience::Working), table).await;
        }
        Some(Self { clients, tables, endpoint, ministack })
    }

    pub(crate) fn store(&self) -> DynamoStore {
        DynamoStore::new(&self.clients, self.tables.clone(), Patience::Working)
    }

    /// The sort keys of all that is in a table, in order.
    pub(crate) async fn scan(&self, table: &str) -> Vec<String> {
        let client = self.clients.dynamodb(Patience::Working);
        let found = client.scan().table_name(table).consistent_read(true).send().await.unwrap();
        let mut keys: Vec<_> =
            found.items().iter().map(|item| item["sk"].as_s().unwrap().clone()).collect();
        keys.sort();
        keys
    }

    /// Puts an item that has nothing but its key.
    pub(crate) async fn put_bare(&self, table: &str, pk: &str, sk: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = self.clients.dynamodb(Patience::Working).put_item().table_name(table);
        put.item("pk", text(pk)).item("sk", text(sk)).send().await.unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.ministack.is_some() {
            return;
        }
        let (clients, tables) = (self.clients.clone(), self.tables.clone());
        // The runtime of the test may be about to end.
        let deleted = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let client = clients.dynamodb(Patience::Working);
                for table in [&tables.core, &tables.audit] {
                    if let Err(error) = client.delete_table().table_name(table).send().await {
                        println!("table `{table}` is left over: {error:?}");
                    }
                }
            });
        });
        let _ = deleted.join();
    }
}

/// Tests run side by side, in one process and in several.
fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("countersign-test-{}-{}-{next}", now.as_secs(), std::process::id())
}

async fn create(client: &Client, table: &str) {
    let mut create =
        client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build();
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        create = create.attribute_definitions(attribute.unwrap()).key_schema(key.unwrap());
    }
    match create.send().await {
        Ok(_) => {}
        // The name is nobody else's: an answer was late, and the client asked again.
        Err(error) => {
            let is_there = error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception);
            assert!(is_there, "{error:?}");
        }
    }
    client.wait_until_table_exists().table_name(table).wait(PATIENCE).await.unwrap();
}
