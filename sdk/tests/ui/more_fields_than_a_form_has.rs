use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields)]
struct Ask {
    field1: bool,
    field2: bool,
    field3: bool,
    field4: bool,
    field5: bool,
    field6: bool,
    field7: bool,
    field8: bool,
    field9: bool,
    field10: bool,
    field11: bool,
    field12: bool,
    field13: bool,
    field14: bool,
    field15: bool,
    field16: bool,
    field17: bool,
    field18: bool,
    field19: bool,
    field20: bool,
    field21: bool,
    field22: bool,
    field23: bool,
    field24: bool,
    field25: bool,
    field26: bool,
    field27: bool,
    field28: bool,
    field29: bool,
    field30: bool,
    field31: bool,
    field32: bool,
    field33: bool,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
