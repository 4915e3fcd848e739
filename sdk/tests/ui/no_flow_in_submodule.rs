mod prod {
    use countersign::prelude::*;

    flow!("prod", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        admins()
    }

    mod office_hours {
        use countersign::prelude::*;

        #[hook]
        fn on_request() -> Option<Decision> {
            None
        }
    }
}

fn main() {}
