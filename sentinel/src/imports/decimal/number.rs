//! A decimal number: a coefficient and an exponent of ten, kept as they are, so that 1.5 times 2
//! is 3.0.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

/// Digits of results.
const PRECISION: u64 = 100;
/// Exponents beyond this are out of range.
const MAX_EXPONENT: i64 = 2000;
/// Longest text of a number.
const MAX_TEXT: usize = 300;

#[derive(Clone, Debug)]
pub(crate) enum Decimal {
    Finite { coefficient: BigInt, exponent: i64 },
    Infinite(Sign),
    NaN,
}

/// Ten to a power.
pub(super) fn ten(power: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power.clamp(0, 3 * MAX_EXPONENT)).unwrap_or(0))
}

pub(super) fn ends_in_zero(number: &BigInt) -> bool {
    let last: BigInt = number % 10;
    last.sign() == Sign::NoSign
}

fn digits(number: &BigInt) -> u64 {
    match number.sign() {
        Sign::NoSign => 1,
        Sign::Plus => u64::try_from(number.to_string().len()).unwrap_or(u64::MAX),
        Sign::Minus => u64::try_from(number.to_string().len() - 1).unwrap_or(u64::MAX),
    }
}

impl Decimal {
    pub(super) fn from_int(value: i64) -> Self {
        Self::Finite { coefficient: BigInt::from(value), exponent: 0 }
    }

    /// A number of this value, rounded to the precision; none if it is out of range.
    pub(super) fn of(coefficient: BigInt, exponent: i64) -> Option<Self> {
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        let extra = digits(&coefficient).saturating_sub(PRECISION);
        if extra > 0 {
            let extra = i64::try_from(extra).ok()?;
            coefficient = round(&coefficient, extra);
            exponent += extra;
        }
        (-MAX_EXPONENT..=MAX_EXPONENT)
            .contains(&exponent)
            .then_some(Self::Finite { coefficient, exponent })
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (Sign::Minus, rest),
            None => (Sign::Plus, text.strip_prefix('+').unwrap_or(text)),
        };
        match rest.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => return Some(Self::Infinite(sign)),
            "nan" => return Some(Self::NaN),
            _ => {}
        }
        let (number, exponent) = match rest.find(['e', 'E']) {
            Some(at) => {
                let exponent = rest.get(at + 1..)?;
                (
                    rest.get(..at)?,
                    exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?,
                )
            }
            None => (rest, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let coefficient: BigInt = all.parse().ok()?;
        let coefficient = if sign == Sign::Minus { -coefficient } else { coefficient };
        Self::of(coefficient, i64::from(exponent) - i64::try_from(fraction.len()).ok()?)
    }

    pub(super) fn sign(&self) -> i64 {
        let sign = match self {
            Self::Finite { coefficient, .. } => coefficient.sign(),
            Self::Infinite(sign) => *sign,
            Self::NaN => Sign::NoSign,
        };
        match sign {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    pub(super) fn coefficient(&self) -> Option<i64> {
        match self {
            Self::Finite { coefficient, .. } => {
                i64::try_from(BigInt::from(coefficient.magnitude().clone())).ok()
            }
            Self::Infinite(_) | Self::NaN => None,
        }
    }

    pub(super) fn exponent(&self) -> Option<i64> {
        match self {
            Self::Finite { exponent, .. } => Some(*exponent),
            Self::Infinite(_) | Self::NaN => None,
        }
    }

    /// Without its fraction.
    pub(super) fn to_int(&self) -> Option<i64> {
        match self {
            Self::Finite { coefficient, exponent } if *exponent >= 0 => {
                if *exponent > 20 && coefficient.sign() != Sign::NoSign {
                    return None;
                }
                i64::try_from(coefficient * ten(*exponent)).ok()
            }
            Self::Finite { coefficient, exponent } => {
                i64::try_from(coefficient / ten(-exponent)).ok()
            }
            Self::Infinite(_) | Self::NaN => None,
        }
    }

    /// Both coefficients at one exponent.
    fn aligned(&self, other: &Self) -> Option<(BigInt, BigInt, i64)> {
        let (
            Self::Finite { coefficient: a, exponent: x },
            Self::Finite { coefficient: b, exponent: y },
        ) = (self, other)
        else {
            return None;
        };
        let least = *x.min(y);
        Some((a * ten(x - least), b * ten(y - least), least))
    }

    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::NaN, _) | (_, Self::NaN) => None,
            (Self::Infinite(_), _) | (_, Self::Infinite(_)) => {
                let rank = |number: &Self| match number {
                    Self::Infinite(_) => number.sign(),
                    Self::Finite { .. } | Self::NaN => 0,
                };
                Some(rank(self).cmp(&rank(other)))
            }
            _ => self.aligned(other).map(|(a, b, _)| a.cmp(&b)),
        }
    }

    pub(super) fn negated(&self) -> Self {
        match self {
            Self::Finite { coefficient, exponent } => {
                Self::Finite { coefficient: -coefficient, exponent: *exponent }
            }
            Self::Infinite(sign) => Self::Infinite(-*sign),
            Self::NaN => Self::NaN,
        }
    }

    pub(super) fn absolute(&self) -> Self {
        if self.sign() < 0 { self.negated() } else { self.clone() }
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Infinite(a), Self::Infinite(b)) if a != b => Self::NaN,
            (Self::NaN, _) | (_, Self::NaN) => Self::NaN,
            (Self::Infinite(sign), _) | (_, Self::Infinite(sign)) => Self::Infinite(*sign),
            _ => {
                let sum =
                    self.aligned(other).and_then(|(a, b, exponent)| Self::of(a + b, exponent));
                sum.unwrap_or(Self::NaN)
            }
        }
    }

    pub(super) fn multiply(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::NaN, _) | (_, Self::NaN) => Some(Self::NaN),
            (
                Self::Finite { coefficient: a, exponent: x },
                Self::Finite { coefficient: b, exponent: y },
            ) => Self::of(a * b, x + y),
            _ => match self.sign() * other.sign() {
                0 => Some(Self::NaN),
                1 => Some(Self::Infinite(Sign::Plus)),
                _ => Some(Self::Infinite(Sign::Minus)),
            },
        }
    }

    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
        let (
            Self::Finite { coefficient: a, exponent: x },
            Self::Finite { coefficient: b, exponent: y },
        ) = (self, other)
        else {
            return match (self, other) {
                (Self::Finite { .. }, Self::Infinite(_)) => Some(Self::from_int(0)),
                (Self::Infinite(_), Self::Finite { .. }) => self.multiply(other),
                _ => Some(Self::NaN),
            };
        };
        if b.sign() == Sign::NoSign {
            return None;
        }
        // As many digits as are kept, and two to round by; then back towards the exponent that the
        // operands suggest, as far as zeros allow.
        let ideal = x - y;
        let missing =
            i64::try_from(PRECISION + 2 + digits(b)).ok()? - i64::try_from(digits(a)).ok()?;
        let shift = missing.max(0);
        let scaled = a * ten(shift);
        let (quotient, rest) = (&scaled / b, &scaled % b);
        // A rest that is cut off must not look like an exact half.
        let sticky = i64::from(rest.sign() != Sign::NoSign);
        let (mut coefficient, mut exponent) = if sticky == 1 {
            (&quotient * 10 + quotient_sign(a, b), ideal - shift - 1)
        } else {
            (quotient, ideal - shift)
        };
        if sticky == 0 {
            while exponent < ideal && coefficient.sign() != Sign::NoSign {
                if !ends_in_zero(&coefficient) {
                    break;
                }
                coefficient /= 10;
                exponent += 1;
            }
            if coefficient.sign() == Sign::NoSign {
                exponent = ideal;
            }
        }
        Self::of(coefficient, exponent)
    }

    pub(super) fn remainder(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Finite { .. }, Self::Finite { .. }) => {
                let (a, b, exponent) = self.aligned(other)?;
                if b.sign() == Sign::NoSign {
                    return None;
                }
                Self::of(a % b, exponent)
            }
            (Self::Finite { .. }, Self::Infinite(_)) => Some(self.clone()),
            _ => Some(Self::NaN),
        }
    }

    /// The smallest whole number that is not smaller.
    pub(super) fn ceiling(&self) -> Self {
        match self {
            Self::Finite { coefficient, exponent } if *exponent < 0 => {
                let unit = ten(-exponent);
                let (whole, rest) = (coefficient / &unit, coefficient % &unit);
                let up = i64::from(rest.sign() == Sign::Plus);
                Self::Finite { coefficient: whole + up, exponent: 0 }
            }
            Self::Finite { .. } | Self::Infinite(_) | Self::NaN => self.clone(),
        }
    }
}

fn quotient_sign(a: &BigInt, b: &BigInt) -> i64 {
    if a.sign() == b.sign() { 1 } else { -1 }
}

/// Without its last digits, rounded half up.
fn round(number: &BigInt, digits: i64) -> BigInt {
    let unit = ten(digits);
    let (whole, rest) = (number / &unit, number % &unit);
    let twice: BigInt = &rest * 2;
    if twice.magnitude() >= unit.magnitude() {
        whole + if rest.sign() == Sign::Minus { -1 } else { 1 }
    } else {
        whole
    }
}

impl fmt::Display for Decimal {
    /// Plain where few zeros are needed, scientific elsewhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coefficient, exponent) = match self {
            Self::Finite { coefficient, exponent } => (coefficient, *exponent),
            Self::Infinite(Sign::Minus) => return f.write_str("-Infinity"),
            Self::Infinite(_) => return f.write_str("Infinity"),
            Self::NaN => return f.write_str("NaN"),
        };
        if coefficient.sign() == Sign::Minus {
            f.write_str("-")?;
        }
        let digits = coefficient.magnitude().to_string();
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let adjusted = exponent + length - 1;
        let split = |at: i64| digits.split_at(usize::try_from(at).unwrap_or(0).min(digits.len()));
        if exponent <= 0 && adjusted >= -6 {
            if exponent == 0 {
                return f.write_str(&digits);
            }
            if length + exponent > 0 {
                let (whole, fraction) = split(length + exponent);
                return write!(f, "{whole}.{fraction}");
            }
            let zeros = usize::try_from(-exponent - length).unwrap_or(0);
            return write!(f, "0.{}{digits}", "0".repeat(zeros));
        }
        let (whole, fraction) = split(1);
        let point = if fraction.is_empty() { "" } else { "." };
        let sign = if adjusted < 0 { "" } else { "+" };
        write!(f, "{whole}{point}{fraction}E{sign}{adjusted}")
    }
}
