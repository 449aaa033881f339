package io.millrace.testkit.cluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.LocatorAssertions;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.standalone.cluster.Part;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a platform engineer sees in the console, in a real browser. */
@Timeout(300)
class ConsoleInBrowserIT {

    private static final DataSet DATA = DataSet.of(31, 4, 120, 1_000, 60_000, 1, 6 << 20);
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path PICTURES = Path.of("target", "screenshots");

    private static final LocatorAssertions.HasTextOptions SOON =
            new LocatorAssertions.HasTextOptions().setTimeout(30_000);
    private static final LocatorAssertions.ContainsTextOptions CONTAINS_SOON =
            new LocatorAssertions.ContainsTextOptions().setTimeout(30_000);

    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> foreign = new CopyOnWriteArrayList<>();
    private TestCluster cluster;
    private Playwright playwright;
    private Browser browser;
    private Page page;

    @BeforeEach
    void start() throws Exception {
        boolean installed = Files.isExecutable(CHROMIUM);
        if (!installed) {
            System.out.println("SKIPPED ConsoleInBrowserIT: " + CHROMIUM + " is not installed");
        }
        assertTrue(installed || System.getenv("CI") == null, "CI must have " + CHROMIUM);
        assumeTrue(installed, CHROMIUM + " is not installed");
        cluster = TestCluster.start(settings -> settings);
        cluster.bucket().putAll(DATA, "set/");
        playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(CHROMIUM)
                                        .setArgs(
                                                List.of(
                                                        "--headless",
                                                        "--no-sandbox",
                                                        "--disable-gpu",
                                                        "--disable-quic",
                                                        "--no-first-run",
                                                        "--disable-background-networking",
                                                        "--disable-component-update",
                                                        "--disable-sync")));
        page = browser.newPage(new Browser.NewPageOptions().setViewportSize(1280, 900));
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
        String authority = URI.create(cluster.cluster().endpoints().console()).getAuthority();
        page.onRequest(request -> {
            if (!authority.equals(URI.create(request.url()).getAuthority())) {
                foreign.add(request.url());
            }
        });
    }

    @AfterEach
    void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (playwright != null) {
            playwright.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private void open() {
        page.navigate(cluster.cluster().endpoints().console());
        assertThat(page.locator("#link")).hasText("live", SOON);
    }

    private void picture(String name) {
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setPath(PICTURES.resolve(name + ".png"))
                        .setFullPage(true));
    }

    private Locator row(String section, String text) {
        return page.locator("#" + section + " tbody tr")
                .filter(new Locator.FilterOptions().setHasText(text));
    }

    @Test
    void mountsWorkersAndJobsAreShownAsTheyChange() throws Exception {
        open();
        assertThat(page.locator("#mounts")).containsText("Nothing is mounted");
        assertThat(page.locator("#jobs")).containsText("No job has run yet");
        cluster.addMount("/<b>data", "set/", options -> options);
        assertThat(row("mounts", "/<b>data")).containsText("s3://training/set/", CONTAINS_SOON);
        Locator workers = page.locator("#workers tbody tr");
        assertThat(workers).hasCount(2);
        assertThat(workers.nth(0)).containsText("live", CONTAINS_SOON);
        assertThat(workers.nth(1)).containsText("live", CONTAINS_SOON);

        cluster.relay().delayRequests(Duration.ofMillis(60));
        Job load = cluster.submit(JobKind.JOB_KIND_LOAD, "/<b>data");
        Locator job = row("jobs", load.getId());
        assertThat(job.locator("[role=progressbar]"))
                .hasAttribute(
                        "aria-valuenow",
                        Pattern.compile("[1-9][0-9]?"),
                        new LocatorAssertions.HasAttributeOptions().setTimeout(30_000));
        picture("running");
        assertEquals(JobState.JOB_STATE_SUCCEEDED, cluster.await(load).getState());
        assertThat(job).containsText("succeeded", CONTAINS_SOON);
        assertThat(job).containsText("121 of 121 files", CONTAINS_SOON);
        assertThat(workers.nth(0))
                .containsText(Pattern.compile("[1-9][0-9.]* [KM]iB of 10 GiB"), CONTAINS_SOON);
        picture("loaded");

        page.setViewportSize(400, 900);
        assertEquals(400, page.evaluate("document.documentElement.scrollWidth"));
        picture("narrow");
        assertEquals(List.of(), complaints);
        assertEquals(List.of(), foreign);
    }

    @Test
    void aServiceThatIsAwayIsSaidSoAndShownAgainWhenItIsBack() throws Exception {
        cluster.addMount("/data", "set/", options -> options);
        Job load = cluster.run(JobKind.JOB_KIND_LOAD, "/data/class-001");
        open();
        assertThat(row("jobs", load.getId())).containsText("succeeded", CONTAINS_SOON);
        Part jobs = cluster.cluster().part("job-service");
        jobs.kill();
        assertThat(page.locator("#jobs [role=alert]"))
                .containsText(
                        Pattern.compile("job-service at .* cannot be reached"), CONTAINS_SOON);
        assertThat(page.locator("#workers tbody tr").first()).containsText("live");
        picture("job-service-away");
        jobs.start();
        assertThat(row("jobs", load.getId())).containsText("succeeded", CONTAINS_SOON);

        Part console = cluster.cluster().part("web-console");
        console.kill();
        assertThat(page.locator("#link")).containsText("trying again", CONTAINS_SOON);
        picture("console-away");
        console.start();
        assertThat(page.locator("#link")).hasText("live", SOON);
    }
}
