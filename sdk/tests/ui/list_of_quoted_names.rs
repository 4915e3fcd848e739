mod one {
    use countersign::prelude::*;

    flow!("one", FollowUp);
}

const _: &[&countersign::flow::FlowDescriptor] = countersign::flows!["one"];

fn main() {}
