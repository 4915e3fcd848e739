mod mine {
    use countersign::prelude::*;

    flow!("incident_follow_up", FollowUp);
}

const _: &[&countersign::flow::FlowDescriptor] = countersign::flows![mine];

fn main() {}
