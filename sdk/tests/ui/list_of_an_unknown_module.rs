const _: &[&countersign::flow::FlowDescriptor] = countersign::flows![nowhere];

fn main() {}
