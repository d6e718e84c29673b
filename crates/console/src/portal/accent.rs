//! The vendor's colour, in forms that can be read.
//!
//! A colour that looks well on a letterhead may be unreadable as text, or under text. So the pages take
//! it for what is large (a button), choose white or black for what stands on it, and take a darker
//! or lighter relative of it for text on their own background. All pairs reach the contrast of
//! WCAG 2.2 §1.4.3, level AA, whatever colour is configured.

use std::fmt;

/// The contrast that text needs.
const TEXT: f64 = 4.5;
/// What the pages put behind text in the accent colour, in light and in dark. The darkest surface of the
/// light theme and the lightest of the dark one, so that it is enough on the others too.
const LIGHT_SURFACE: Rgb = Rgb(0xef, 0xee, 0xe8);
const DARK_SURFACE: Rgb = Rgb(0x1b, 0x1e, 0x21);
const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);
const INK: Rgb = Rgb(0x00, 0x00, 0x00);

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(u8, u8, u8);

impl Rgb {
    /// Reads `#rrggbb`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// Relative luminance (WCAG 2.2, definition of that name).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast ratio of two colours, 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// `share` of 100 parts of another colour, the rest of this one.
    fn mixed(self, other: Self, share: u16) -> Self {
        let mix = |one: u8, two: u8| {
            let sum = u16::from(one) * (100 - share) + u16::from(two) * share;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }

    /// The nearest relative on the way to `towards` that can be read on `surface`.
    fn readable_on(self, surface: Self, towards: Self) -> Self {
        (0..=100)
            .map(|share| self.mixed(towards, share))
            .find(|mixed| mixed.contrast(surface) >= TEXT)
            .unwrap_or(towards)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The colour, and what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accent {
    /// As it was configured.
    base: Rgb,
    /// What stands on it.
    on_base: Rgb,
    /// As text on light.
    on_light: Rgb,
    /// As text on dark.
    on_dark: Rgb,
}

/// White or black, whichever can be read on a colour. One of them can: their contrast with each other is
/// 21, which is more than 4.5 times 4.5.
fn written_on(color: Rgb) -> Rgb {
    if color.contrast(WHITE) >= TEXT {
        WHITE
    } else {
        INK
    }
}

impl Accent {
    /// Takes `#rrggbb`; `None` if it is something else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let base = Rgb::parse(text)?;
        Some(Self {
            base,
            on_base: written_on(base),
            on_light: base.readable_on(LIGHT_SURFACE, INK),
            on_dark: base.readable_on(DARK_SURFACE, WHITE),
        })
    }

    /// The style sheet that gives the pages this colour, to be read after that of all pages.
    pub(crate) fn css(&self) -> String {
        let Self {
            base,
            on_base,
            on_light,
            on_dark,
        } = *self;
        // Away from what stands on it, so that it can be read better and not worse.
        let away = if on_base == WHITE { INK } else { WHITE };
        let hover = base.mixed(away, 12);
        let scheme = |accent: Rgb, towards: Rgb, surface: Rgb| {
            let (hover, on) = (accent.mixed(towards, 15), written_on(accent));
            let tint = surface.mixed(accent, 14);
            format!(
                "--accent:{accent};--accent-hover:{hover};--on-accent:{on};--accent-tint:{tint}"
            )
        };
        let light = scheme(on_light, INK, WHITE);
        let dark = scheme(on_dark, WHITE, DARK_SURFACE);
        format!(
            ":root{{--brand:{base};--on-brand:{on_base};--brand-hover:{hover};{light}}}\n\
             @media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_contrast_is_that_of_the_standard() {
        assert!((WHITE.contrast(Rgb(0, 0, 0)) - 21.0).abs() < 0.01);
        assert!((Rgb(0x77, 0x77, 0x77).contrast(WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn yellow_is_written_on_in_ink_and_written_with_darker() {
        let accent = Accent::parse("#ffd100").unwrap();
        insta::assert_snapshot!(accent.css(), @"
        :root{--brand:#ffd100;--on-brand:#000000;--brand-hover:#ffd61e;--accent:#826a00;--accent-hover:#6e5a00;--on-accent:#ffffff;--accent-tint:#edeadb}
        @media (prefers-color-scheme:dark){:root{--accent:#ffd100;--accent-hover:#ffd726;--on-accent:#000000;--accent-tint:#3a371c}}
        ");
    }

    #[test]
    fn what_is_no_colour_is_none() {
        for text in ["", "#fff", "red", "#12345g", "1d4ed8", "#1d4ed8;}"] {
            assert_eq!(Accent::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_colour_can_be_read(red: u8, green: u8, blue: u8) {
            let accent = Accent::parse(&Rgb(red, green, blue).to_string()).unwrap();
            prop_assert!(accent.base.contrast(accent.on_base) >= TEXT);
            prop_assert!(accent.on_light.contrast(LIGHT_SURFACE) >= TEXT);
            prop_assert!(accent.on_light.contrast(WHITE) >= TEXT);
            prop_assert!(accent.on_dark.contrast(DARK_SURFACE) >= TEXT);
            for text in [accent.on_light, accent.on_dark] {
                prop_assert!(text.contrast(written_on(text)) >= TEXT);
            }
        }
    }
}
