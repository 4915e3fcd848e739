//! Which rules call which: none may call itself, however far round, and the chain of calls is bounded,
//! because the machine calls itself for each link.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::rvm::Instruction;
use regorus::rvm::instructions::LiteralOrRegister;
use regorus::rvm::program::Program;

use super::instrument::owners;

/// The longest chain of calls.
const MAX_CALLS: usize = 40;
/// The way round recursion.
pub(super) const HINT: &str = "write out the levels that there are";

/// The calls of a program, by the numbers of its rules.
#[derive(Debug)]
pub(super) struct Calls {
    /// Per rule: whom it calls, and the number of the instruction that does.
    edges: Vec<Vec<(usize, usize)>>,
}

/// Calls that are not taken.
#[derive(Debug)]
pub(super) struct Refused {
    /// The instruction that calls.
    pub at: usize,
    pub message: String,
    pub hint: &'static str,
}

impl Calls {
    pub(super) fn of(program: &Program) -> Self {
        let mut edges = vec![Vec::new(); program.rule_infos.len()];
        let owners = owners(program);
        for (at, (instruction, owner)) in program.instructions.iter().zip(owners).enumerate() {
            let Some(from) = owner.and_then(|owner| edges.get_mut(owner)) else { continue };
            from.extend(called(program, *instruction).into_iter().map(|rule| (rule, at)));
        }
        Self { edges }
    }

    /// All rules that this one rests on, itself included.
    pub(super) fn reachable(&self, from: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([from]);
        let mut left = vec![from];
        while let Some(rule) = left.pop() {
            for (called, _) in self.edges.get(rule).into_iter().flatten() {
                if seen.insert(*called) {
                    left.push(*called);
                }
            }
        }
        seen
    }

    /// # Errors
    ///
    /// Where rules go in circles, or too deep.
    pub(super) fn check(&self, program: &Program) -> Result<(), Refused> {
        let name = |rule: usize| {
            let info = program.rule_infos.get(rule);
            info.map_or("", |info| info.name.rsplit('.').next().unwrap_or(&info.name))
        };
        // How long the longest chain below each rule is, once it is known.
        let mut known: Vec<Option<usize>> = vec![None; self.edges.len()];
        for start in 0..self.edges.len() {
            // The rules on the way down, and how many of their calls have been followed.
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((rule, next)) = way.last_mut() {
                let rule = *rule;
                let calls = self.edges.get(rule).map_or(&[][..], Vec::as_slice);
                let Some((called, at)) = calls.get(*next).copied() else {
                    let below = calls.iter().filter_map(|(called, _)| *known.get(*called)?).max();
                    if let Some(known) = known.get_mut(rule) {
                        *known = Some(below.map_or(0, |below| below.saturating_add(1)));
                    }
                    way.pop();
                    continue;
                };
                *next = next.saturating_add(1);
                if let Some(from) = way.iter().position(|(on, _)| *on == called) {
                    let circle: Vec<_> = way
                        .iter()
                        .skip(from)
                        .map(|(on, _)| name(*on))
                        .chain([name(called)])
                        .collect();
                    return Err(Refused {
                        at,
                        message: format!("rules call themselves: {}", circle.join(" → ")),
                        hint: HINT,
                    });
                }
                let below = known.get(called).copied().flatten();
                if way.len().saturating_add(below.unwrap_or(0)) > MAX_CALLS {
                    return Err(Refused {
                        at,
                        message: format!(
                            "rules call each other through more than {MAX_CALLS} others"
                        ),
                        hint: "join some of them",
                    });
                }
                if below.is_none() {
                    way.push((called, 0));
                }
            }
        }
        Ok(())
    }
}

/// The rules that an instruction may call.
fn called(program: &Program, instruction: Instruction) -> Vec<usize> {
    match instruction {
        Instruction::CallRule { rule_index, .. } => vec![usize::from(rule_index)],
        Instruction::FunctionCall { params_index } => {
            let params = program.instruction_data.get_function_call_params(params_index);
            params.map(|params| usize::from(params.func_rule_index)).into_iter().collect()
        }
        Instruction::VirtualDataDocumentLookup { params_index } => {
            let params =
                program.instruction_data.get_virtual_data_document_lookup_params(params_index);
            params.map(|params| looked_up(program, &params.path_components)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The rules below a path, as far as it is known: what is looked up by a value may be any of them.
fn looked_up(program: &Program, path: &[LiteralOrRegister]) -> Vec<usize> {
    let mut nodes = vec![&program.rule_tree["data"]];
    for component in path {
        nodes = nodes
            .into_iter()
            .flat_map(|node| match (node, component) {
                (Value::Object(fields), LiteralOrRegister::Literal(literal)) => {
                    let key = program.literals.get(usize::from(*literal));
                    key.and_then(|key| fields.get(key)).into_iter().collect()
                }
                (Value::Object(fields), LiteralOrRegister::Register(_)) => {
                    fields.iter().map(|(_, value)| value).collect::<Vec<_>>()
                }
                // A rule is above what is looked up in its value.
                _ => vec![node],
            })
            .collect();
    }
    let mut rules = Vec::new();
    while let Some(node) = nodes.pop() {
        match node {
            Value::Object(fields) => nodes.extend(fields.iter().map(|(_, value)| value)),
            Value::Number(rule) => {
                rules.extend(rule.as_u64().and_then(|rule| usize::try_from(rule).ok()));
            }
            _ => {}
        }
    }
    rules
}
