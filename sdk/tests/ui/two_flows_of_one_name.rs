mod one {
    use countersign::prelude::*;

    flow!("same", FollowUp);
}

mod two {
    use countersign::prelude::*;

    flow!("same", FollowUp);
}

const _: &[&countersign::flow::FlowDescriptor] = countersign::flows![one, two];

fn main() {}
