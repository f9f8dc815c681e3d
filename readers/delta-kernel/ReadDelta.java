// Prints the rows of a Delta table, as Delta Kernel reads them: one JSON array of strings and nulls a line.
// Usage: java ReadDelta.java FOLDER [VERSION]
import io.delta.kernel.Scan;
import io.delta.kernel.Snapshot;
import io.delta.kernel.Table;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.types.*;
import io.delta.kernel.utils.CloseableIterator;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

public final class ReadDelta {
    private static final DateTimeFormatter MOMENT =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Engine engine = DefaultEngine.create(new Configuration());
        Table table = Table.forPath(engine, arguments[0]);
        Snapshot snapshot = arguments.length > 1
            ? table.getSnapshotAsOfVersion(engine, Long.parseLong(arguments[1]))
            : table.getLatestSnapshot(engine);
        Scan scan = snapshot.getScanBuilder().build();
        Row state = scan.getScanState(engine);
        StructType physical = ScanStateRow.getPhysicalDataReadSchema(engine, state);
        try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine)) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> files = batches.next().getRows()) {
                    while (files.hasNext()) {
                        print(out, engine, state, files.next(), physical);
                    }
                }
            }
        }
        out.flush();
    }

    private static void print(PrintStream out, Engine engine, Row state, Row file, StructType physical)
            throws Exception {
        var status = InternalScanFileUtils.getAddFileStatus(file);
        var found = engine.getParquetHandler()
            .readParquetFiles(Utils.singletonCloseableIterator(status), physical, Optional.empty());
        try (var batches = Scan.transformPhysicalData(engine, state, file, found)) {
            while (batches.hasNext()) {
                try (var rows = batches.next().getRows()) {
                    while (rows.hasNext()) {
                        Row row = rows.next();
                        List<String> values = new ArrayList<>();
                        for (int at = 0; at < row.getSchema().length(); at++) {
                            values.add(row.isNullAt(at) ? "null" : json(text(row, at)));
                        }
                        out.println("[" + String.join(",", values) + "]");
                    }
                }
            }
        }
    }

    private static String text(Row row, int at) {
        DataType type = row.getSchema().at(at).getDataType();
        if (type instanceof StringType) {
            return row.getString(at);
        } else if (type instanceof BooleanType) {
            return String.valueOf(row.getBoolean(at));
        } else if (type instanceof IntegerType) {
            return String.valueOf(row.getInt(at));
        } else if (type instanceof LongType) {
            return String.valueOf(row.getLong(at));
        } else if (type instanceof DoubleType) {
            return String.valueOf(row.getDouble(at));
        } else if (type instanceof DecimalType) {
            BigDecimal value = row.getDecimal(at);
            return value.toPlainString();
        } else if (type instanceof DateType) {
            return LocalDate.ofEpochDay(row.getInt(at)).toString();
        } else if (type instanceof TimestampType) {
            long micros = row.getLong(at);
            Instant moment = Instant.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
            return MOMENT.format(moment);
        }
        throw new IllegalArgumentException("No column has the type " + type);
    }

    private static String json(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            if (each == '"' || each == '\\') {
                quoted.append('\\').append(each);
            } else if (each < ' ' || each == '\u007f') {
                quoted.append(String.format("\\u%04x", (int) each));
            } else {
                quoted.append(each);
            }
        }
        return quoted.append('"').toString();
    }
}
