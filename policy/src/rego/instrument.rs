//! Puts guards into a compiled program: calls of built-in functions of ours, before what would make values
//! larger, and where the machine by itself would take an error for "undefined".

use regorus::rvm::Instruction;
use regorus::rvm::instructions::BuiltinCallParams;
use regorus::rvm::program::{BuiltinInfo, Program, RuleType};
use regorus::unstable::{BuiltinFcn, Expr, Ref, Span};
use regorus::{Rc, Value};

use super::{budget, builtins};

/// What a guard looks at.
#[derive(Clone, Copy)]
enum Guard {
    /// A value is put into another.
    Part = 0,
    /// A number, or a set, is reckoned with.
    Operand,
    /// A number is divided by.
    Divisor,
    /// A rule, with its name, has this value.
    Single,
    /// An object has this key already, with another value.
    Unique,
    /// A function is called anew.
    Forget,
    /// Not a guard: a function of ours, with its name.
    Host,
    /// Not a guard: the function instead of the instruction.
    Count,
}

const GUARDS: [(&str, BuiltinFcn); 7] = [
    ("guard.part", (part, 1)),
    ("guard.operand", (operand, 1)),
    ("guard.divisor", (divisor, 1)),
    ("guard.single", (single, 2)),
    ("guard.unique", (unique, 3)),
    ("guard.forget", (forget, 1)),
    ("host", (builtins::host, 2)),
];

/// What the program could not be guarded for.
pub(super) type Unguarded = String;

/// The program with guards. The built-in functions that it calls have been looked at before.
pub(super) fn instrument(program: &Program) -> Result<Program, Unguarded> {
    let mut guarded = program.clone();
    for info in &program.builtin_info_table {
        if builtins::find(&info.name).is_none() {
            return Err(format!("`{}` is not a function that policies may call", info.name));
        }
    }
    guarded.resolved_builtins =
        program.builtin_info_table.iter().filter_map(|info| builtins::find(&info.name)).collect();
    let first = u16::try_from(guarded.resolved_builtins.len()).map_err(|_| too_large())?;
    let count = builtins::find("count").map(|count| ("count", count));
    for (name, function) in GUARDS.into_iter().chain(count) {
        let num_args = u16::from(function.1);
        guarded.builtin_info_table.push(BuiltinInfo { name: name.to_owned(), num_args });
        guarded.resolved_builtins.push(function);
    }
    guarded.has_host_await = false;
    widen(&mut guarded)?;
    let settled = settled(program);
    let mut writer = Writer { program: guarded, first, settled, map: Vec::new() };
    writer.rewrite(program)?;
    writer.relocate()?;
    let guarded = writer.program;
    guarded.validate_limits()?;
    Ok(guarded)
}

fn too_large() -> Unguarded {
    "the policy is too large: split it".to_owned()
}

struct Writer {
    program: Program,
    /// The number of our first built-in function.
    first: u16,
    /// Which rules have but one value, whatever holds.
    settled: Vec<bool>,
    /// Where each instruction is now.
    map: Vec<usize>,
}

impl Writer {
    fn rewrite(&mut self, old: &Program) -> Result<(), Unguarded> {
        self.program.instructions.clear();
        self.program.instruction_spans.clear();
        let owners = owners(old);
        for (at, instruction) in old.instructions.iter().enumerate() {
            self.map.push(self.program.instructions.len());
            let span = old.instruction_spans.get(at).cloned().flatten();
            let before = self.program.instructions.len();
            self.guard(old, at, owners.get(at).copied().flatten(), *instruction)?;
            match *instruction {
                // The instruction knows no texts, and takes them for "undefined".
                Instruction::Count { dest, collection } => {
                    self.call_with(Guard::Count, dest, &[collection])?;
                }
                // The machine would stop and ask the program around it.
                Instruction::HostAwait { dest, arg, id } => {
                    self.call_with(Guard::Host, dest, &[arg, id])?;
                }
                // Goes round a call that is not made: ours are "undefined" by themselves.
                Instruction::AnyOfNext { .. } if is_before_host(old, at) => {}
                other => self.program.instructions.push(other),
            }
            let added = self.program.instructions.len().saturating_sub(before);
            self.program.instruction_spans.extend(std::iter::repeat_n(span, added));
        }
        self.map.push(self.program.instructions.len());
        Ok(())
    }

    /// What comes before this instruction.
    fn guard(
        &mut self,
        old: &Program,
        at: usize,
        owner: Option<usize>,
        instruction: Instruction,
    ) -> Result<(), Unguarded> {
        use Instruction as I;
        let data = &old.instruction_data;
        match instruction {
            I::Add { left, right, .. }
            | I::Sub { left, right, .. }
            | I::Mul { left, right, .. } => {
                self.call(Guard::Operand, left)?;
                self.call(Guard::Operand, right)
            }
            I::Div { left, right, .. } | I::Mod { left, right, .. } => {
                self.call(Guard::Operand, left)?;
                self.call(Guard::Divisor, right)
            }
            I::ArrayPush { value, .. }
            | I::ArrayPushDefined { value, .. }
            | I::SetAdd { value, .. } => self.call(Guard::Part, value),
            I::ObjectSet { obj, key, value } => {
                self.unique(owner, [obj, key, value])?;
                self.call(Guard::Part, key)?;
                self.call(Guard::Part, value)
            }
            I::ComprehensionYield { value_reg, key_reg } => {
                if let (Some(key), Some(object)) = (key_reg, comprehension(old, at)) {
                    self.unique(owner, [object, key, value_reg])?;
                }
                key_reg.map_or(Ok(()), |key| self.call(Guard::Part, key))?;
                self.call(Guard::Part, value_reg)
            }
            I::ArrayCreate { params_index } => {
                let params = data.get_array_create_params(params_index).ok_or_else(too_large)?;
                params.elements.iter().try_for_each(|part| self.call(Guard::Part, *part))
            }
            I::SetCreate { params_index } => {
                let params = data.get_set_create_params(params_index).ok_or_else(too_large)?;
                params.elements.iter().try_for_each(|part| self.call(Guard::Part, *part))
            }
            I::ObjectCreate { params_index } => {
                let params = data.get_object_create_params(params_index).ok_or_else(too_large)?;
                for (_, value) in &params.literal_key_fields {
                    self.call(Guard::Part, *value)?;
                }
                for (key, value) in &params.fields {
                    self.call(Guard::Part, *key)?;
                    self.call(Guard::Part, *value)?;
                }
                Ok(())
            }
            I::Move { dest, src } => self.single(old, owner, dest, src),
            I::FunctionCall { params_index } => {
                let params = data.get_function_call_params(params_index).ok_or_else(too_large)?;
                let function = usize::from(params.func_rule_index);
                if self.is_settled(function) {
                    return Ok(());
                }
                let spare = self.spare(owner)?;
                self.load(spare, old, function)?;
                self.call(Guard::Forget, spare)
            }
            I::AnyOfNext { .. } if is_before_host(old, at) => Ok(()),
            other => known(other),
        }
    }

    /// `value = guard(value)`
    fn call(&mut self, guard: Guard, value: u8) -> Result<(), Unguarded> {
        self.call_with(guard, value, &[value])
    }

    fn call_with(&mut self, guard: Guard, dest: u8, arguments: &[u8]) -> Result<(), Unguarded> {
        let mut args = [0; 8];
        for (place, argument) in args.iter_mut().zip(arguments) {
            *place = *argument;
        }
        let calls = self.program.instruction_data.builtin_call_params.len();
        if calls >= usize::from(u16::MAX) {
            return Err(too_large());
        }
        let params_index =
            self.program.instruction_data.add_builtin_call_params(BuiltinCallParams {
                dest,
                builtin_index: self.first.saturating_add(guard as u16),
                num_args: u8::try_from(arguments.len()).unwrap_or_default(),
                args,
            });
        self.program.instructions.push(Instruction::BuiltinCall { params_index });
        Ok(())
    }

    fn is_settled(&self, rule: usize) -> bool {
        self.settled.get(rule).copied().unwrap_or(false)
    }

    /// A rule gets its value. The machine takes two values of several definitions for none, and of
    /// several rounds of a loop the last.
    fn single(
        &mut self,
        old: &Program,
        owner: Option<usize>,
        dest: u8,
        src: u8,
    ) -> Result<(), Unguarded> {
        let Some(rule) = owner.filter(|rule| !self.is_settled(*rule)) else { return Ok(()) };
        let Some(info) = old.rule_infos.get(rule) else { return Ok(()) };
        if info.rule_type != RuleType::Complete || info.result_reg != dest {
            return Ok(());
        }
        let spare = self.spare(owner)?;
        self.load(spare, old, rule)?;
        self.call_with(Guard::Single, spare, &[src, spare])
    }

    /// The machine takes the last of several values of a key. This comes before other guards, since the
    /// machine holds the arguments of a call until the next one, and an object that is held is copied.
    fn unique(&mut self, owner: Option<usize>, arguments: [u8; 3]) -> Result<(), Unguarded> {
        let spare = self.spare(owner)?;
        self.call_with(Guard::Unique, spare, &arguments)
    }

    /// The name of a rule, as the policy's author knows it.
    fn load(&mut self, dest: u8, old: &Program, rule: usize) -> Result<(), Unguarded> {
        let name = old.rule_infos.get(rule).map_or("", |info| info.name.as_str());
        let literal_idx = self.program.add_literal(Value::from(name));
        let literal_idx = u16::try_from(literal_idx).map_err(|_| too_large())?;
        self.program.instructions.push(Instruction::Load { dest, literal_idx });
        Ok(())
    }

    /// A register that the rule does not use: [`widen`] made room for it. Entry points call no functions.
    fn spare(&mut self, owner: Option<usize>) -> Result<u8, Unguarded> {
        let info = owner.and_then(|rule| self.program.rule_infos.get(rule));
        info.map(|info| info.num_registers.saturating_sub(1)).ok_or_else(too_large)
    }

    /// Everything that names a place names its new one.
    fn relocate(&mut self) -> Result<(), Unguarded> {
        let map = &self.map;
        let wide = |at: usize| map.get(at).copied().ok_or_else(too_large);
        let place = |at: u16| wide(usize::from(at)).and_then(narrow::<u16>);
        let long = |at: u32| usize::try_from(at).map_err(|_| too_large()).and_then(wide);
        let program = &mut self.program;
        for instruction in &mut program.instructions {
            if let Instruction::LoopNext { body_start, loop_end } = instruction {
                *body_start = place(*body_start)?;
                *loop_end = place(*loop_end)?;
            }
        }
        for params in &mut program.instruction_data.loop_params {
            params.body_start = place(params.body_start)?;
            params.loop_end = place(params.loop_end)?;
        }
        for params in &mut program.instruction_data.comprehension_begin_params {
            params.body_start = place(params.body_start)?;
            params.comprehension_end = place(params.comprehension_end)?;
        }
        for info in &mut program.rule_infos {
            let mut definitions = Vec::clone(&info.definitions);
            for body in definitions.iter_mut().flatten() {
                *body = long(*body).and_then(narrow)?;
            }
            info.definitions = Rc::new(definitions);
            for block in info.destructuring_blocks.iter_mut().flatten() {
                *block = long(*block).and_then(narrow)?;
            }
        }
        for at in program.entry_points.values_mut() {
            *at = wide(*at)?;
        }
        program.main_entry_point = long(program.main_entry_point).and_then(narrow)?;
        Ok(())
    }
}

/// Instructions that make nothing larger. What else there is, Rego does not compile to.
fn known(instruction: Instruction) -> Result<(), Unguarded> {
    use Instruction as I;
    match instruction {
        I::Load { .. }
        | I::LoadTrue { .. }
        | I::LoadFalse { .. }
        | I::LoadNull { .. }
        | I::LoadBool { .. }
        | I::LoadData { .. }
        | I::LoadInput { .. }
        | I::Eq { .. }
        | I::Ne { .. }
        | I::Lt { .. }
        | I::Le { .. }
        | I::Gt { .. }
        | I::Ge { .. }
        | I::And { .. }
        | I::Or { .. }
        | I::Not { .. }
        | I::BuiltinCall { .. }
        | I::HostAwait { .. }
        | I::Return { .. }
        | I::Index { .. }
        | I::IndexLiteral { .. }
        | I::ChainedIndex { .. }
        | I::ArrayNew { .. }
        | I::SetNew { .. }
        | I::Contains { .. }
        | I::Count { .. }
        | I::AssertEq { .. }
        | I::Guard { .. }
        | I::LoopStart { .. }
        | I::LoopNext { .. }
        | I::CallRule { .. }
        | I::RuleInit { .. }
        | I::VirtualDataDocumentLookup { .. }
        | I::RuleReturn {}
        | I::DestructuringSuccess {}
        | I::Halt {}
        | I::ComprehensionBegin { .. }
        | I::ComprehensionEnd {} => Ok(()),
        _ => Err("it uses what is not part of Rego".to_owned()),
    }
}

/// Whether an instruction belongs to a call of a function of ours: behind it come its name, and the call.
fn is_before_host(program: &Program, at: usize) -> bool {
    let behind = program.instructions.get(at.saturating_add(1)..at.saturating_add(3));
    matches!(behind, Some([Instruction::Load { .. }, Instruction::HostAwait { .. }]))
}

fn narrow<T: TryFrom<usize>>(at: usize) -> Result<T, Unguarded> {
    T::try_from(at).map_err(|_| too_large())
}

/// One register more for each rule.
fn widen(program: &mut Program) -> Result<(), Unguarded> {
    for info in &mut program.rule_infos {
        let more = info.num_registers.checked_add(1);
        info.num_registers =
            more.ok_or_else(|| format!("the rule `{}` has too many names: split it", info.name))?;
        program.max_rule_window_size = program.max_rule_window_size.max(info.num_registers);
    }
    Ok(())
}

/// Per rule, whether it has but one value, whatever holds: each definition gives it the same constant.
fn settled(program: &Program) -> Vec<bool> {
    let has_one = |info: &regorus::rvm::program::RuleInfo| {
        info.definitions.len() <= 1 || info.early_exit_on_first_success
    };
    let mut settled: Vec<_> = program.rule_infos.iter().map(has_one).collect();
    let mut before = None;
    for (instruction, owner) in program.instructions.iter().zip(owners(program)) {
        if let (Instruction::Move { dest, src }, Some(rule)) = (*instruction, owner)
            && program.rule_infos.get(rule).is_some_and(|info| info.result_reg == dest)
            && constant(before) != Some(src)
            && let Some(settled) = settled.get_mut(rule)
        {
            *settled = false;
        }
        before = Some(*instruction);
    }
    settled
}

/// The register that gets a constant.
fn constant(instruction: Option<Instruction>) -> Option<u8> {
    match instruction? {
        Instruction::LoadTrue { dest }
        | Instruction::LoadFalse { dest }
        | Instruction::LoadNull { dest }
        | Instruction::LoadBool { dest, .. }
        | Instruction::Load { dest, .. } => Some(dest),
        _ => None,
    }
}

/// Where the comprehension that an instruction belongs to puts its values.
fn comprehension(program: &Program, at: usize) -> Option<u8> {
    let begins = program.instructions.iter().enumerate().take(at).rev();
    begins
        .filter_map(|(_, instruction)| match instruction {
            Instruction::ComprehensionBegin { params_index } => {
                program.instruction_data.comprehension_begin_params.get(usize::from(*params_index))
            }
            _ => None,
        })
        .find(|params| usize::from(params.comprehension_end) > at)
        .map(|params| params.result_reg)
}

/// The rule that each instruction belongs to; entry points belong to none.
pub(super) fn owners(program: &Program) -> Vec<Option<usize>> {
    let mut starts: Vec<(usize, Option<usize>)> = Vec::new();
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    for (rule, info) in program.rule_infos.iter().enumerate() {
        let bodies = info.definitions.iter().flatten();
        let blocks = info.destructuring_blocks.iter().flatten();
        starts.extend(bodies.chain(blocks).map(|at| (place(*at), Some(rule))));
    }
    starts.extend(program.entry_points.values().map(|at| (*at, None)));
    starts.sort_unstable();
    let mut starts = starts.into_iter().peekable();
    let mut owner = None;
    (0..program.instructions.len())
        .map(|at| {
            while let Some((_, next)) = starts.next_if(|(start, _)| *start <= at) {
                owner = next;
            }
            owner
        })
        .collect()
}

/// What a guard gives back: the value that it was given.
fn same(arguments: &[Value]) -> Value {
    arguments.first().cloned().unwrap_or(Value::Undefined)
}

fn part(_: &Span, _: &[Ref<Expr>], arguments: &[Value], _: bool) -> anyhow::Result<Value> {
    arguments.iter().try_for_each(budget::value).map_err(|error| builtins::stop(error.0))?;
    Ok(same(arguments))
}

fn operand(_: &Span, _: &[Ref<Expr>], arguments: &[Value], _: bool) -> anyhow::Result<Value> {
    match arguments.first() {
        Some(number @ Value::Number(_)) => budget::number(number),
        Some(set @ Value::Set(_)) => budget::value(set),
        _ => Err(budget::Exceeded::new("it reckons with what is no number")),
    }
    .map_err(|error| builtins::stop(error.0))?;
    Ok(same(arguments))
}

fn divisor(
    span: &Span,
    expressions: &[Ref<Expr>],
    arguments: &[Value],
    strict: bool,
) -> anyhow::Result<Value> {
    if arguments.first() == Some(&Value::from(0)) {
        return Err(builtins::stop("it divides by zero"));
    }
    operand(span, expressions, arguments, strict)
}

fn unique(_: &Span, _: &[Ref<Expr>], arguments: &[Value], _: bool) -> anyhow::Result<Value> {
    if let [Value::Object(object), key, value] = arguments
        && object.get(key).is_some_and(|before| before != value)
    {
        return Err(builtins::stop("a key of an object has two values at once"));
    }
    Ok(Value::Null)
}

fn single(_: &Span, _: &[Ref<Expr>], arguments: &[Value], _: bool) -> anyhow::Result<Value> {
    if let [value, Value::String(rule)] = arguments
        && !budget::single(rule, value)
    {
        return Err(builtins::stop(format!("the rule `{rule}` has two values at once")));
    }
    Ok(same(arguments))
}

#[expect(clippy::unnecessary_wraps, reason = "all built-in functions may fail")]
fn forget(_: &Span, _: &[Ref<Expr>], arguments: &[Value], _: bool) -> anyhow::Result<Value> {
    if let Some(Value::String(rule)) = arguments.first() {
        budget::forget(rule);
    }
    Ok(same(arguments))
}
