//! What it costs to compile the classes of a pattern that does not care about case: each character of
//! them is looked up, which makes a few bytes of pattern a second's work.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{
    Ast, ClassSetItem, ClassUnicode, Flag, Flags, FlagsItemKind, GroupKind, Visitor, visit,
};

use super::patterns::MAX_NESTING;

/// Steps for a class of Unicode, such as `\pL`.
const NAMED: u64 = 6_000;

/// Steps for the classes of a pattern. What is no pattern costs nothing; compiling tells why it is none.
pub(super) fn cost(pattern: &str) -> u64 {
    let parsed = ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(pattern);
    let counted = parsed.ok().and_then(|ast| visit(&ast, Count::default()).ok());
    counted.filter(|counted| counted.folds).map_or(0, |counted| counted.steps)
}

#[derive(Default)]
struct Count {
    steps: u64,
    /// Whether case does not matter somewhere.
    folds: bool,
}

impl Count {
    fn named(&mut self, _: &ClassUnicode) {
        self.steps += NAMED;
    }

    fn flags(&mut self, flags: &Flags) {
        let folds = FlagsItemKind::Flag(Flag::CaseInsensitive);
        self.folds |= flags.items.iter().any(|item| item.kind == folds);
    }
}

impl Visitor for Count {
    type Output = Self;
    type Err = ();

    fn finish(self) -> Result<Self, ()> {
        Ok(self)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => {
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.flags(flags);
                }
            }
            Ast::ClassUnicode(class) => self.named(class),
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), ()> {
        match item {
            ClassSetItem::Range(range) => {
                let characters = u32::from(range.end.c).saturating_sub(u32::from(range.start.c));
                self.steps += u64::from(characters);
            }
            ClassSetItem::Unicode(class) => self.named(class),
            _ => {}
        }
        Ok(())
    }
}
