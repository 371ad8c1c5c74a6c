package io.robolm.apk;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UnsupportedEncodingException;
import java.util.ArrayList;
import java.util.List;

/**
 * The native core as a process of its own (exec/robo_exec.cpp): no JNI and no native build in the app.
 *
 * One program at a time; {@link #cancel} and {@link #close} may be called from any thread. Java 8 alone.
 */
public final class RoboProcess implements Closeable {
    /** Told of text as it is written, in the writing thread. */
    public interface Listener {
        void text(String text);
    }

    /** A finished program. */
    public static final class Answer {
        public final String code;
        /** A value of robo_stop: 0 ended by the model, 3 cancelled. */
        public final int stopped;
        public final int promptTokens;
        public final int tokens;
        public final double prefillSeconds;
        public final double decodeSeconds;

        Answer(String[] words, String code) {
            this.code = code;
            stopped = Integer.parseInt(words[1]);
            promptTokens = Integer.parseInt(words[2]);
            tokens = Integer.parseInt(words[3]);
            prefillSeconds = Long.parseLong(words[4]) / 1e6;
            decodeSeconds = Long.parseLong(words[5]) / 1e6;
        }
    }

    /** What the core refuses, with the code of robo.h. */
    public static final class RoboError extends IOException {
        private static final long serialVersionUID = 1;
        public final int code;

        RoboError(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    private static final int LONGEST_LINE = 200;
    private final Process process;
    private final InputStream from;
    private final OutputStream to;

    /**
     * Start the program and load the model.
     *
     * @param program words before the model's path: the program, behind an emulator in tests.
     * @throws RoboError the model or its data is missing, damaged or another program's.
     * @throws IOException the program cannot be started.
     */
    public RoboProcess(List<String> program, File model, File data, int threads) throws IOException {
        List<String> command = new ArrayList<>(program);
        command.add(model.getPath());
        command.add(data.getPath());
        command.add(Integer.toString(threads));
        process = new ProcessBuilder(command).start(); // its stderr, which nobody reads, has a line at most
        from = new BufferedInputStream(process.getInputStream());
        to = process.getOutputStream();
        try {
            String[] words = words();
            if (words[0].equals("error")) throw error(words);
            if (!words[0].equals("ready")) throw new IOException("the program said " + words[0]);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Write a program.
     *
     * @param language a code such as "hi"; empty: unknown.
     * @param hardware parts at hand; empty: unknown.
     * @param maxTokens 0: what the context leaves.
     */
    public synchronized Answer write(String prompt, String language, String hardware, int maxTokens, Listener listener)
            throws IOException {
        byte[] p = utf8(prompt), l = utf8(language), h = utf8(hardware);
        byte[] head = utf8("write " + maxTokens + " " + p.length + " " + l.length + " " + h.length + "\n");
        byte[] message = new byte[head.length + p.length + l.length + h.length];
        int at = 0;
        for (byte[] part : new byte[][] {head, p, l, h}) {
            System.arraycopy(part, 0, message, at, part.length);
            at += part.length;
        }
        say(message);
        RuntimeException thrown = null;
        while (true) {
            String[] words = words();
            if (words[0].equals("error")) throw error(words);
            String text = text(words);
            if (words[0].equals("done")) {
                if (thrown != null) throw thrown;
                return new Answer(words, text);
            }
            if (thrown != null) continue; // what comes until the program has stopped is read, or the next call would
            try {
                listener.text(text);
            } catch (RuntimeException e) {
                thrown = e;
                cancel();
            }
        }
    }

    /** Stop what is being written; its {@link Answer} then comes soon. */
    public void cancel() {
        try {
            say(utf8("cancel\n"));
        } catch (IOException e) {
            // the program has ended, and with it what was to be stopped
        }
    }

    /** End the program; a {@link #write} that is going on fails. */
    @Override
    public void close() {
        process.destroy();
    }

    private void say(byte[] message) throws IOException {
        synchronized (to) {
            to.write(message);
            to.flush();
        }
    }

    private RoboError error(String[] words) throws IOException {
        return new RoboError(Integer.parseInt(words[1]), text(words));
    }

    private String[] words() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = from.read();
            if (next < 0) throw new EOFException("the program has ended");
            if (next == '\n') return line.toString().split(" ");
            if (line.length() == LONGEST_LINE) throw new IOException("the program says what is not understood");
            line.append((char) next);
        }
    }

    /** The text that follows a line, whose last word is its length. */
    private String text(String[] words) throws IOException {
        byte[] bytes = new byte[Integer.parseInt(words[words.length - 1])];
        for (int at = 0; at < bytes.length; ) {
            int n = from.read(bytes, at, bytes.length - at);
            if (n < 0) throw new EOFException("the program has ended");
            at += n;
        }
        return new String(bytes, "UTF-8");
    }

    /** C's text ends at NUL, which prompts are cleaned of anyway. */
    private static byte[] utf8(String text) throws UnsupportedEncodingException {
        return text.replace("\0", "").getBytes("UTF-8");
    }
}
