#![forbid(unsafe_code)]
#![deny(warnings)]

mod prod {
    use countersign::prelude::*;

    flow!("prod", Access, fields = Ask);

    #[derive(Fields)]
    struct Ask {
        database: String,
    }

    #[reducer]
    fn get_approver(event: &Event) -> Result<Approvers> {
        let ask: Ask = event.fields()?;
        Ok(slack::channel(&ask.database))
    }

    mod office_hours {
        use super::Flow;
        use countersign::prelude::*;

        #[hook]
        fn on_request() -> Option<Decision> {
            None
        }

        #[reducer(options = "database")]
        fn databases() -> Vec<Choice> {
            vec!["orders".into()]
        }
    }
}

fn main() {
    assert!(prod::FLOW.hooks.on_request.is_some());
    assert!(prod::FLOW.options_of("database").is_some());
    assert_eq!(countersign::flows![self::prod].len(), 1);
}
