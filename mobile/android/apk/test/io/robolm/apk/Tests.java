package io.robolm.apk;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** The APK's engine on a computer: arguments are the folder that tests/android laid out, and the program. */
public final class Tests {
    /** What is tested; it may throw. */
    private interface Body {
        void run() throws Exception;
    }

    private static int failed;
    private final File folder;
    private final List<String> program;

    private Tests(File folder, List<String> program) {
        this.folder = folder;
        this.program = program;
    }

    public static void main(String[] args) throws Exception {
        Tests tests = new Tests(new File(args[0]), Arrays.asList(args).subList(1, args.length));
        tests.answers();
        tests.stopping();
        tests.mistakes();
        tests.files();
        System.exit(failed > 0 ? 1 : 0);
    }

    private void answers() throws Exception {
        final List<String[]> rows = rows("answers.tsv");
        test("the program writes what the Python runtime writes", () -> {
            try (RoboProcess robo = start()) {
                for (String[] row : rows.subList(0, Integer.getInteger("answers", 6))) {
                    if (rows.indexOf(row) == Integer.getInteger("differs", -1)) continue;
                    StringBuilder streamed = new StringBuilder();
                    RoboProcess.Answer answer = robo.write(text(row[0]), row[1], "", 0, streamed::append);
                    same(text(row[2]), answer.code);
                    same(text(row[2]), streamed.toString());
                    same(row[4], Integer.toString(answer.tokens));
                }
            }
        });
    }

    private void stopping() throws Exception {
        final String[] first = rows("answers.tsv").get(0);
        test("a program that is stopped ends cancelled, and the next one is whole", () -> {
            try (RoboProcess robo = start()) {
                same("3", "" + robo.write(text(first[0]), first[1], "", 0, made -> robo.cancel()).stopped);
                same(text(first[2]), robo.write(text(first[0]), first[1], "", 0, made -> {}).code);
            }
        });
        test("what a listener throws is thrown, and the next program is whole", () -> {
            final IllegalStateException thrown = new IllegalStateException("of the listener");
            try (RoboProcess robo = start()) {
                try {
                    robo.write(text(first[0]), first[1], "", 0, made -> { throw thrown; });
                    throw new AssertionError("nothing was thrown");
                } catch (IllegalStateException e) {
                    same(thrown, e);
                }
                same(text(first[2]), robo.write(text(first[0]), first[1], "", 0, made -> {}).code);
            }
        });
        test("closed while it writes, it fails and does not hang", () -> {
            RoboProcess robo = start();
            fails(-1, () -> robo.write(text(first[0]), first[1], "", 0, made -> robo.close()));
            fails(-1, () -> robo.write(text(first[0]), first[1], "", 0, made -> {}));
        });
    }

    private void mistakes() throws Exception {
        final File model = new File(folder, "model.gguf"), data = new File(folder, "esp32.robo");
        test("missing and damaged files are refused with the core's codes", () -> {
            fails(3, () -> new RoboProcess(program, new File(folder, "nowhere.gguf"), data, 1).close());
            fails(4, () -> new RoboProcess(program, data, data, 1).close());
            fails(5, () -> new RoboProcess(program, model, model, 1).close());
            fails(-1, () -> new RoboProcess(Arrays.asList("/nowhere/robo-exec"), model, data, 1).close());
        });
        test("requests that cannot be answered say why, and the next one can", () -> {
            try (RoboProcess robo = start()) {
                fails(1, () -> robo.write(" \n", "", "", 0, made -> {}));
                fails(1, () -> robo.write("LED", "😀", "", 0, made -> {}));
                fails(1, () -> robo.write("LED", "", "", -1, made -> {}));
                StringBuilder words = new StringBuilder();
                for (int i = 0; i < 4000; i++) words.append("blink ");
                fails(6, () -> robo.write(words.toString(), "", "", 0, made -> {}));
                same("true", "" + (robo.write("🤖 LED\0", "en", "LED", 8, made -> {}).tokens <= 8));
            }
        });
    }

    private void files() throws Exception {
        final byte[] content = "content 🤖".getBytes(StandardCharsets.UTF_8);
        StringBuilder sum = new StringBuilder();
        for (byte each : java.security.MessageDigest.getInstance("SHA-256").digest(content)) {
            sum.append(String.format("%02x", each));
        }
        final File to = new File(folder, "apk-files");
        test("assets are unpacked whole or not at all", () -> {
            Unpacked good = new Unpacked(name -> new ByteArrayInputStream(content), to);
            File file = good.file("a.gguf", sum.toString());
            same(new String(content, StandardCharsets.UTF_8),
                new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8));
            same(file, good.file("a.gguf", sum.toString()));
            fails(-1, () -> good.file("a.gguf", "0000"));
            same("0", "" + new File(to, "0000").list().length);
        });
        test("the program is the fastest that every core can run", () -> {
            File libraries = new File(folder, "libraries");
            libraries.mkdirs();
            for (String name : new String[] {"", "_dotprod", "_i8mm"}) {
                try (Writer out = new FileWriter(new File(libraries, "librobo_exec" + name + ".so"))) {
                    out.write("x");
                }
            }
            String old = "Features\t: fp asimd crc32\n", newer = "Features\t: fp asimd asimddp\n";
            String newest = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm bf16\n";
            same("librobo_exec.so", Processor.program(libraries, old).getName());
            same("librobo_exec.so", Processor.program(libraries, newest + old).getName());
            same("librobo_exec_dotprod.so", Processor.program(libraries, newest + newer).getName());
            same("librobo_exec_i8mm.so", Processor.program(libraries, newest).getName());
            same("librobo_exec.so", Processor.program(libraries, "").getName());
            same("librobo_exec.so", Processor.program(new File("nowhere"), newest).getName());
        });
    }

    private RoboProcess start() throws IOException {
        return new RoboProcess(program, new File(folder, "model.gguf"), new File(folder, "esp32.robo"), 1);
    }

    private List<String[]> rows(String name) throws IOException {
        List<String[]> found = new ArrayList<>();
        for (String line : Files.readAllLines(new File(folder, name).toPath(), StandardCharsets.UTF_8)) {
            found.add(line.split("\t"));
        }
        return found;
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static void test(String name, Body body) {
        try {
            body.run();
            System.out.println("passed\t" + name);
        } catch (Throwable e) {
            failed++;
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            System.out.println("failed\t" + name + "\t" + trace.toString().replace("\n", "\\n"));
        }
    }

    private static void same(Object expected, Object found) {
        if (!expected.equals(found)) throw new AssertionError("expected <" + expected + ">, found <" + found + ">");
    }

    /** It throws an IOException; where `code` is not -1, the core's error with this code. */
    private static void fails(int code, Body body) throws Exception {
        try {
            body.run();
        } catch (RoboProcess.RoboError e) {
            same(code, e.code);
            return;
        } catch (IOException e) {
            same(-1, code);
            return;
        }
        throw new AssertionError("nothing was thrown, expected an error " + code);
    }
}
