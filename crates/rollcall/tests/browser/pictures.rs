//! Pictures of every page, to be looked at by people. They say nothing by themselves, so they are left
//! out of `make test`; `make screenshots` takes them, to the folder in `ROLLCALL_PICTURES_TO`.

use std::path::{Path, PathBuf};

use rollcall_testkit::block_on;

use crate::chromium::{Chromium, Script, VIEWS};
use crate::pages::{BEFORE_ENTERING, BEFORE_SIGNING_IN, CONSOLE, PORTAL, Page};
use crate::world::World;

fn folder() -> PathBuf {
    let named = std::env::var_os("ROLLCALL_PICTURES_TO");
    let folder = PathBuf::from(named.expect("ROLLCALL_PICTURES_TO names the folder"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn take(browser: &Chromium, world: &World, pages: &[Page], folder: &Path) {
    for page in pages {
        page.open(browser, world).await;
        for view in VIEWS {
            browser.look(view).await;
            let file = folder.join(format!("{}-{}.png", page.name, view.name));
            std::fs::write(file, browser.picture(view).await).unwrap();
        }
    }
}

#[test]
#[ignore = "`make screenshots` takes them"]
fn pictures_of_the_console_are_taken() {
    let folder = folder();
    block_on(async {
        let (world, browser) = (World::begin().await, Chromium::start(Script::On).await);
        take(&browser, &world, BEFORE_SIGNING_IN, &folder).await;
        world.sign_in(&browser).await;
        take(&browser, &world, CONSOLE, &folder).await;
        browser.quit().await;
        world.end().await;
    });
}

#[test]
#[ignore = "`make screenshots` takes them"]
fn pictures_of_the_portal_are_taken() {
    let folder = folder();
    block_on(async {
        let (world, browser) = (World::begin().await, Chromium::start(Script::On).await);
        take(&browser, &world, BEFORE_ENTERING, &folder).await;
        world.enter(&browser).await;
        take(&browser, &world, PORTAL, &folder).await;
        browser.quit().await;
        world.end().await;
    });
}
