//! Powers, roots, exponentials and logarithms, as fixed-point numbers of 130 digits.

use num_bigint::{BigInt, Sign};

use super::number::{Decimal, ends_in_zero, ten};

/// Digits behind the point.
const SCALE: i64 = 130;
/// `exp` of more is out of range.
const MAX_EXP: i64 = 4000;

/// The natural logarithm of a fixed-point number between 1 and 10.
fn ln_fixed(number: &BigInt) -> BigInt {
    let one = ten(SCALE);
    // Three roots bring it close to 1, where the series is short.
    let mut near = number.clone();
    for _ in 0..3 {
        near = (&near * &one).sqrt();
    }
    let ratio = (&near - &one) * &one / (&near + &one);
    let square = &ratio * &ratio / &one;
    let (mut power, mut sum) = (ratio.clone(), ratio);
    for odd in (3_u32..400).step_by(2) {
        power = &power * &square / &one;
        if power.sign() == Sign::NoSign {
            break;
        }
        sum += &power / odd;
    }
    sum * 16
}

impl Decimal {
    /// As a fixed-point number, if it is not too large.
    fn fixed(&self) -> Option<BigInt> {
        let (coefficient, exponent) = match self {
            Self::Finite { coefficient, exponent } => (coefficient, *exponent),
            Self::Infinite(_) | Self::NaN => return None,
        };
        let shift = exponent + SCALE;
        Some(if shift >= 0 { coefficient * ten(shift) } else { coefficient / ten(-shift) })
    }

    pub(super) fn ln(&self) -> Option<Self> {
        match self {
            Self::NaN => Some(Self::NaN),
            Self::Infinite(Sign::Plus) => Some(self.clone()),
            Self::Finite { coefficient, exponent } if coefficient.sign() == Sign::Plus => {
                let (fixed, _) = Self::ln_parts(coefficient, *exponent);
                Self::of(fixed, -SCALE).map(Self::trimmed)
            }
            Self::Finite { .. } | Self::Infinite(_) => None,
        }
    }

    /// The logarithm to the base of e, and of 10, of a positive number.
    fn ln_parts(coefficient: &BigInt, exponent: i64) -> (BigInt, BigInt) {
        let length = i64::try_from(coefficient.to_string().len()).unwrap_or(0);
        let shift = SCALE + 1 - length;
        let mantissa =
            if shift >= 0 { coefficient * ten(shift) } else { coefficient / ten(-shift) };
        let power = exponent + length - 1;
        let (mantissa, ln_of_ten) = (ln_fixed(&mantissa), ln_fixed(&ten(SCALE + 1)));
        let log10 = &mantissa * ten(SCALE) / &ln_of_ten + BigInt::from(power) * ten(SCALE);
        (mantissa + ln_of_ten * power, log10)
    }

    pub(super) fn log10(&self) -> Option<Self> {
        match self {
            Self::NaN => Some(Self::NaN),
            Self::Infinite(Sign::Plus) => Some(self.clone()),
            Self::Finite { coefficient, exponent } if coefficient.sign() == Sign::Plus => {
                let (_, log10) = Self::ln_parts(coefficient, *exponent);
                Self::of(log10, -SCALE).map(Self::trimmed)
            }
            Self::Finite { .. } | Self::Infinite(_) => None,
        }
    }

    pub(super) fn exp(&self) -> Option<Self> {
        match self {
            Self::NaN => return Some(Self::NaN),
            Self::Infinite(Sign::Plus) => return Some(self.clone()),
            Self::Infinite(_) => return Some(Self::from_int(0)),
            Self::Finite { .. } => {}
        }
        let limit = Self::from_int(MAX_EXP);
        if !self.absolute().order(&limit)?.is_lt() {
            return None;
        }
        // e^x = 10^k · e^(x - k ln 10)
        let (one, ln_of_ten) = (ten(SCALE), ln_fixed(&ten(SCALE + 1)));
        let number = self.fixed()?;
        let power = &number / &ln_of_ten;
        let rest = &number - &power * &ln_of_ten;
        let (mut member, mut sum) = (one.clone(), one.clone());
        for at in 1_u32..400 {
            member = &member * &rest / &one / at;
            if member.sign() == Sign::NoSign {
                break;
            }
            sum += &member;
        }
        let power = i64::try_from(power).ok()?;
        Self::of(sum, power - SCALE).map(Self::trimmed)
    }

    pub(super) fn square_root(&self) -> Option<Self> {
        let (coefficient, exponent) = match self {
            Self::NaN | Self::Infinite(Sign::Plus) => return Some(self.clone()),
            Self::Infinite(_) => return Some(Self::NaN),
            Self::Finite { coefficient, exponent } => (coefficient, *exponent),
        };
        match coefficient.sign() {
            Sign::Minus => return Some(Self::NaN),
            Sign::NoSign => return Some(self.clone()),
            Sign::Plus => {}
        }
        let shift = 2 * SCALE + exponent.rem_euclid(2);
        let root = (coefficient * ten(shift)).sqrt();
        Self::of(root, (exponent - shift).div_euclid(2)).map(Self::trimmed)
    }

    pub(super) fn power(&self, power: &Self) -> Option<Self> {
        match (self, power) {
            (Self::NaN, _) | (_, Self::NaN) => return Some(Self::NaN),
            (Self::Infinite(_), _) | (_, Self::Infinite(_)) => return None,
            (Self::Finite { .. }, Self::Finite { .. }) => {}
        }
        let whole = power.to_int().filter(|whole| {
            power.order(&Self::from_int(*whole)) == Some(std::cmp::Ordering::Equal)
        });
        match whole {
            Some(whole) if whole.unsigned_abs() <= 100_000 => {
                let mut result = Self::from_int(1);
                let (mut base, mut left) = (self.clone(), whole.unsigned_abs());
                while left > 0 {
                    if left & 1 == 1 {
                        result = result.multiply(&base)?;
                    }
                    left >>= 1;
                    if left > 0 {
                        base = base.multiply(&base)?;
                    }
                }
                if whole < 0 { Self::from_int(1).divide(&result) } else { Some(result) }
            }
            _ => self.ln()?.multiply(power)?.exp(),
        }
    }

    /// Without zeros at the end of its fraction.
    fn trimmed(self) -> Self {
        let Self::Finite { mut coefficient, mut exponent } = self else { return self };
        while exponent < 0 && ends_in_zero(&coefficient) {
            coefficient /= 10;
            exponent += 1;
        }
        Self::Finite { coefficient, exponent }
    }
}
