import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.flywaydb.core.internal.resource.ResourceName;
import org.flywaydb.core.internal.resource.ResourceNameParser;

/**
 * Runs the real Flyway, many times in one JVM. A request is a line of tab-separated fields: the command, then settings
 * such as flyway.url=… (for parse and compare: what to look at). The answer is lines of tab-separated fields, the first
 * of them "ok" or "error", and a last line ".".
 */
public class Runner {
  private static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] arguments) throws Exception {
    System.setOut(System.err);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", -1);
      Map<String, String> settings = new LinkedHashMap<>();
      for (int i = 1; i < fields.length; i++) {
        int at = fields[i].indexOf('=');
        settings.put(fields[i].substring(0, at), fields[i].substring(at + 1));
      }
      answer(fields[0], settings);
      out.println(".");
    }
  }

  private static void answer(String command, Map<String, String> settings) throws Exception {
    switch (command) {
      case "parse" -> settings.values().forEach(Runner::parse);
      case "compare" -> settings.values().forEach(Runner::compare);
      case "compile" -> compile(settings.get("flyway.sources").split(","), settings.get("flyway.into"));
      default -> run(command, settings);
    }
  }

  private static void parse(String fileName) {
    ResourceName name = new ResourceNameParser(new FluentConfiguration()).parse(fileName);
    if (name.isValid()) {
      write(fileName, true, name.getVersion(), name.getDescription());
    } else {
      write(fileName, false, "", "");
    }
  }

  private static void compare(String pair) {
    String[] versions = pair.split(" ");
    int order = MigrationVersion.fromVersion(versions[0]).compareTo(MigrationVersion.fromVersion(versions[1]));
    write(versions[0], versions[1], Integer.signum(order));
  }

  private static void compile(String[] sources, String into) {
    List<String> options = new ArrayList<>(List.of("-cp", System.getProperty("java.class.path"), "-d", into));
    options.addAll(List.of(sources));
    int status = ToolProvider.getSystemJavaCompiler().run(null, null, System.err, options.toArray(String[]::new));
    write(status == 0 ? "ok" : "error", status, "javac");
  }

  /** flyway.classpath lists folders for migrations in classpath locations, as Maven's target/classes. */
  private static ClassLoader loaderOf(Map<String, String> settings) throws Exception {
    String folders = settings.remove("flyway.classpath");
    List<URL> urls = new ArrayList<>();
    for (String folder : folders == null ? new String[0] : folders.split(",")) urls.add(Path.of(folder).toUri().toURL());
    return new URLClassLoader(urls.toArray(URL[]::new), Runner.class.getClassLoader());
  }

  private static void run(String command, Map<String, String> settings) throws Exception {
    try {
      Flyway flyway = Flyway.configure(loaderOf(settings)).configuration(settings).load();
      switch (command) {
        case "migrate" -> write("ok", flyway.migrate().migrationsExecuted);
        case "baseline" -> write("ok", flyway.baseline().successfullyBaselined);
        case "repair" -> write("ok", flyway.repair().repairActions.size());
        case "info" -> {
          MigrationInfo[] all = flyway.info().all();
          write("ok");
          for (MigrationInfo info : all) {
            write(info.getState().getDisplayName(), info.getVersion(), info.getDescription(), info.getType(),
                info.getChecksum(), info.getScript());
          }
        }
        case "validate" -> {
          ValidateResult result = flyway.validateWithResult();
          write("ok", result.validationSuccessful);
          for (ValidateOutput invalid : result.invalidMigrations) {
            write(invalid.errorDetails.errorCode, invalid.version, invalid.description);
          }
        }
        default -> throw new IllegalArgumentException(command);
      }
    } catch (FlywayException exception) {
      write("error", exception.getErrorCode(), exception.getMessage());
    }
  }

  private static void write(Object... fields) {
    out.println(Stream.of(fields)
        .map(field -> field == null ? "" : field.toString())
        .map(text -> text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "").replace("\t", "\\t"))
        .collect(Collectors.joining("\t")));
  }
}
