//! The tree of a file, in arenas: nodes are small, copied freely, and dropped without recursion.

use std::collections::HashMap;

use crate::builtins::Builtin;
use crate::source::Source;

/// An expression, by its place in [`File::expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExprId(pub(crate) u32);

/// A name, by its place in [`File::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub(crate) u32);

/// A string of the file, by its place in [`File::strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) u32);

/// Neighbours in one of the pools of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Span {
    /// The places of its members.
    pub(crate) fn each(self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (start, length) = (place(self.start), place(self.length));
        start..start + length
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expr {
    Undefined,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    Name(Name),
    /// Members in [`File::members`].
    List(Span),
    /// Keys and values in turn in [`File::members`]. `distinct`: all keys are strings that differ.
    Map {
        pairs: Span,
        distinct: bool,
    },
    /// In [`File::functions`].
    Function(u32),
    Rule {
        when: Option<ExprId>,
        body: ExprId,
    },
    Index {
        of: ExprId,
        index: ExprId,
    },
    Slice {
        of: ExprId,
        from: Option<ExprId>,
        to: Option<ExprId>,
    },
    Select {
        of: ExprId,
        field: Text,
    },
    Call {
        function: ExprId,
        arguments: Span,
    },
    Unary {
        operator: Unary,
        of: ExprId,
    },
    Binary {
        operator: Binary,
        left: ExprId,
        right: ExprId,
    },
    Logic {
        operator: Logic,
        left: ExprId,
        right: ExprId,
    },
    Else {
        left: ExprId,
        right: ExprId,
    },
    IsEmpty {
        of: ExprId,
        negated: bool,
    },
    IsDefined {
        of: ExprId,
        negated: bool,
    },
    Each {
        what: Each,
        over: ExprId,
        first: Name,
        second: Option<Name>,
        body: ExprId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Minus,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
    Xor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    More,
    MoreEqual,
    In,
    NotIn,
    Contains,
    NotContains,
    Matches,
    NotMatches,
}

/// A loop that is an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Each {
    All,
    Any,
    Filter,
    Map,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) expr: Expr,
    /// Offset in the text.
    pub(crate) at: u32,
}

/// Statements, neighbours in [`File::statements`].
pub(crate) type Block = Span;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Statement {
    Expression(ExprId),
    /// `x = e`, `x += e`: the operator is what stands before `=`.
    Assign {
        name: Name,
        operator: Option<Binary>,
        value: ExprId,
        at: u32,
    },
    /// `x[i] = e`.
    AssignIndex {
        of: ExprId,
        index: ExprId,
        operator: Option<Binary>,
        value: ExprId,
        at: u32,
    },
    /// Arms in [`File::arms`], tried in order.
    If {
        arms: Span,
        otherwise: Option<Block>,
    },
    For {
        over: ExprId,
        first: Name,
        second: Option<Name>,
        body: Block,
    },
    /// Arms in [`File::arms`].
    Case {
        subject: Option<ExprId>,
        arms: Span,
        otherwise: Option<Block>,
    },
    /// `func name(..) { .. }`
    Declare {
        name: Name,
        function: u32,
        at: u32,
    },
    Return(Option<ExprId>),
    Break,
    Continue,
}

/// A condition, or values to compare with (in [`File::members`]), and what to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arm {
    pub(crate) tests: Span,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) parameters: Box<[Name]>,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) path: Box<str>,
    pub(crate) name: Name,
    pub(crate) at: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: Name,
    pub(crate) default: Option<ExprId>,
    pub(crate) at: u32,
}

/// A parsed file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) source: Source,
    pub(crate) expressions: Vec<Node>,
    pub(crate) members: Vec<ExprId>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) arms: Vec<Arm>,
    pub(crate) functions: Vec<Function>,
    pub(crate) strings: Vec<Box<[u8]>>,
    pub(crate) names: Vec<Box<str>>,
    /// Places of the names.
    pub(crate) by_name: HashMap<Box<str>, Name>,
    /// The builtin that a name means as long as nothing hides it.
    pub(crate) builtins: Vec<Option<Builtin>>,
    pub(crate) imports: Vec<Import>,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Block,
    /// Comments above assignments, by the expression assigned.
    pub(crate) comments: HashMap<u32, Box<str>>,
    /// The comment at the head of the file.
    pub(crate) description: Box<str>,
}

impl File {
    pub(crate) fn node(&self, id: ExprId) -> Node {
        let nothing = Node { expr: Expr::Undefined, at: 0 };
        self.expressions.get(place(id.0)).copied().unwrap_or(nothing)
    }

    pub(crate) fn member(&self, at: usize) -> ExprId {
        self.members.get(at).copied().unwrap_or(ExprId(u32::MAX))
    }

    pub(crate) fn text(&self, text: Text) -> &[u8] {
        self.strings.get(place(text.0)).map(AsRef::as_ref).unwrap_or_default()
    }

    pub(crate) fn name(&self, name: Name) -> &str {
        self.names.get(place(name.0)).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The name that is spelled so, if the file has it.
    pub(crate) fn named(&self, text: &str) -> Option<Name> {
        self.by_name.get(text).copied()
    }
}

/// An index of 32 bits as one of the machine.
pub(crate) fn place(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// A length as 32 bits; lengths are bounded long before.
pub(crate) fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
