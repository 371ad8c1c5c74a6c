package io.robolm.apk;

import android.app.Activity;
import android.os.Bundle;
import android.view.View;
import android.widget.ArrayAdapter;
import android.widget.Button;
import android.widget.EditText;
import android.widget.Spinner;
import android.widget.TextView;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A prompt, a language, the program as it is written, and what it took. */
public final class MainActivity extends Activity implements View.OnClickListener {
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final List<String> codes = new ArrayList<>();
    private EditText prompt;
    private Spinner language;
    private Button button;
    private TextView code;
    private TextView figures;
    private volatile RoboProcess robo;
    private volatile boolean gone;
    private boolean writing;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.main);
        prompt = (EditText) findViewById(R.id.prompt);
        language = (Spinner) findViewById(R.id.language);
        button = (Button) findViewById(R.id.write);
        code = (TextView) findViewById(R.id.code);
        figures = (TextView) findViewById(R.id.figures);
        button.setOnClickListener(this);
        button.setEnabled(false);
        try {
            languages();
        } catch (IOException e) {
            figures.setText(e.getMessage());
        }
        worker.execute(new Runnable() {
            @Override
            public void run() {
                load();
            }
        });
    }

    @Override
    protected void onDestroy() {
        gone = true;
        RoboProcess started = robo;
        if (started != null) started.close();
        worker.shutdown();
        super.onDestroy();
    }

    @Override
    public void onClick(View view) {
        final RoboProcess started = robo;
        if (started == null) return;
        if (writing) {
            // the pipe may be full for a moment: not in this thread
            new Thread(new Runnable() {
                @Override
                public void run() {
                    started.cancel();
                }
            }).start();
            return;
        }
        writing = true;
        button.setText(R.string.stop);
        code.setText("");
        final String asked = prompt.getText().toString();
        final String lang = codes.get(language.getSelectedItemPosition());
        worker.execute(new Runnable() {
            @Override
            public void run() {
                write(started, asked, lang);
            }
        });
    }

    private void load() {
        try {
            Unpacked unpacked = new Unpacked(new Unpacked.Assets() {
                @Override
                public InputStream open(String name) throws IOException {
                    return getAssets().open(name);
                }
            }, getNoBackupFilesDir());
            List<File> files = new ArrayList<>();
            for (String[] row : rows("files.tsv")) files.add(unpacked.file(row[0], row[1]));
            File folder = new File(getApplicationInfo().nativeLibraryDir);
            String program = Processor.program(folder, Processor.cpuinfo()).getPath();
            RoboProcess started = new RoboProcess(Collections.singletonList(program), files.get(0), files.get(1), 1);
            robo = started;
            if (gone) started.close();
            show(getString(R.string.ready), null);
        } catch (IOException e) {
            show(e.getMessage(), null);
        }
    }

    private void write(RoboProcess started, String asked, String lang) {
        try {
            RoboProcess.Answer answer = started.write(asked, lang, "", 0, new RoboProcess.Listener() {
                @Override
                public void text(String text) {
                    show(null, text);
                }
            });
            show(getString(R.string.took, answer.promptTokens, answer.prefillSeconds * 1e3, answer.tokens,
                answer.decodeSeconds * 1e3, answer.decodeSeconds > 0 ? answer.tokens / answer.decodeSeconds : 0), null);
        } catch (IOException e) {
            show(e.getMessage(), null);
        }
    }

    /** Tell of the end of something, or add text to the program. */
    private void show(final String end, final String text) {
        runOnUiThread(new Runnable() {
            @Override
            public void run() {
                if (text != null) code.append(text);
                if (end == null) return;
                figures.setText(end);
                writing = false;
                button.setText(R.string.write);
                button.setEnabled(robo != null);
            }
        });
    }

    private void languages() throws IOException {
        List<String> names = new ArrayList<>();
        codes.add("");
        names.add(getString(R.string.any_language));
        for (String[] row : rows("languages.tsv")) {
            codes.add(row[0]);
            names.add(row[1]);
        }
        language.setAdapter(new ArrayAdapter<>(this, android.R.layout.simple_spinner_dropdown_item, names));
    }

    private List<String[]> rows(String name) throws IOException {
        List<String[]> found = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(getAssets().open(name), "UTF-8"))) {
            for (String line; (line = reader.readLine()) != null; ) found.add(line.split("\t"));
        }
        return found;
    }
}
