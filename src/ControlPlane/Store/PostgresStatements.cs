using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// A group of rows as statements for PostgreSQL: each table gets one statement with arrays, however many rows there are, so
/// that a batch of a zone's thousand resources costs little more than one edit.
/// </summary>
internal static class PostgresStatements
{
    private const string UpsertResources =
        """
        INSERT INTO "Resources" ("Kind","Mesh","Name","Labels","Spec","Status","Wire","CreationTime","ModificationTime","Revision")
        SELECT * FROM unnest($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)
        ON CONFLICT ("Kind","Mesh","Name") DO UPDATE SET
          "Labels"=excluded."Labels","Spec"=excluded."Spec","Status"=excluded."Status","Wire"=excluded."Wire",
          "ModificationTime"=excluded."ModificationTime","CreationTime"=excluded."CreationTime","Revision"=excluded."Revision"
        """;

    private const string DeleteResource = """DELETE FROM "Resources" WHERE "Kind"=$1 AND "Mesh"=$2 AND "Name"=$3""";

    private const string InsertTombstones = """INSERT INTO "Tombstones" ("Revision","Kind","Mesh","Name") SELECT * FROM unnest($1,$2,$3,$4)""";

    private const string DeleteTombstones = """DELETE FROM "Tombstones" WHERE "Revision"<=$1""";

    private const string InsertHistory =
        """
        INSERT INTO "History" ("Revision","Kind","Mesh","Name","Operation","Time","Actor","Labels","Spec","SpecHash")
        SELECT * FROM unnest($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)
        """;

    private const string TrimHistory =
        """
        DELETE FROM "History" WHERE "Kind"=$1 AND "Mesh"=$2 AND "Name"=$3 AND "Revision"<=(
          SELECT "Revision" FROM "History" WHERE "Kind"=$1 AND "Mesh"=$2 AND "Name"=$3 ORDER BY "Revision" DESC LIMIT 1 OFFSET $4)
        """;

    private const string InsertAudit =
        """
        INSERT INTO "Audit" ("Time","Actor","Action","Target","Revision","Detail")
        SELECT t, a, c, g, r, d FROM unnest($1,$2,$3,$4,$5,$6) WITH ORDINALITY AS row(t, a, c, g, r, d, n) ORDER BY n
        """;

    private const string UpsertMeta =
        """INSERT INTO "Meta" ("Key","Value") VALUES ($1,$2) ON CONFLICT ("Key") DO UPDATE SET "Value"=excluded."Value" """;

    public static void Add(NpgsqlBatch batch, WriteGroup group)
    {
        AddPuts(batch, group.Puts);
        AddDeletes(batch, group.Deletes);
        AddHistory(batch, group.History);
        foreach (var key in group.Trims)
        {
            Add(batch, TrimHistory, Value(key.Kind), Value(key.Mesh), Value(key.Name), Value(group.HistoryLimit));
        }

        AddAudit(batch, group.Audit);
        AddMeta(batch, StoreDatabase.LastRevisionKey, group.Revision);
    }

    public static void AddMeta(NpgsqlBatch batch, string key, long value) =>
        Add(batch, UpsertMeta, Value(key), Value(value.ToString(CultureInfo.InvariantCulture)));

    public static void AddDeleteTombstones(NpgsqlBatch batch, long through) => Add(batch, DeleteTombstones, Value(through));

    private static void AddPuts(NpgsqlBatch batch, IReadOnlyList<ResourceRow> rows)
    {
        if (rows.Count > 0)
        {
            Add(
                batch,
                UpsertResources,
                Texts(rows, r => r.Kind),
                Texts(rows, r => r.Mesh),
                Texts(rows, r => r.Name),
                Texts(rows, r => r.Labels),
                Bytes(rows, r => r.Spec),
                Bytes(rows, r => r.Status),
                Bytes(rows, r => r.Wire),
                Numbers(rows, r => r.CreationTime),
                Numbers(rows, r => r.ModificationTime),
                Numbers(rows, r => r.Revision));
        }
    }

    private static void AddDeletes(NpgsqlBatch batch, IReadOnlyList<TombstoneRow> rows)
    {
        foreach (var row in rows)
        {
            Add(batch, DeleteResource, Value(row.Kind), Value(row.Mesh), Value(row.Name));
        }

        if (rows.Count > 0)
        {
            Add(batch, InsertTombstones, Numbers(rows, r => r.Revision), Texts(rows, r => r.Kind), Texts(rows, r => r.Mesh), Texts(rows, r => r.Name));
        }
    }

    private static void AddHistory(NpgsqlBatch batch, IReadOnlyList<HistoryRow> rows)
    {
        if (rows.Count > 0)
        {
            Add(
                batch,
                InsertHistory,
                Numbers(rows, r => r.Revision),
                Texts(rows, r => r.Kind),
                Texts(rows, r => r.Mesh),
                Texts(rows, r => r.Name),
                Texts(rows, r => r.Operation),
                Numbers(rows, r => r.Time),
                Texts(rows, r => r.Actor),
                Texts(rows, r => r.Labels),
                Bytes(rows, r => r.Spec),
                Texts(rows, r => r.SpecHash));
        }
    }

    private static void AddAudit(NpgsqlBatch batch, IReadOnlyList<AuditRow> rows)
    {
        if (rows.Count > 0)
        {
            Add(
                batch,
                InsertAudit,
                Numbers(rows, r => r.Time),
                Texts(rows, r => r.Actor),
                Texts(rows, r => r.Action),
                Texts(rows, r => r.Target),
                Numbers(rows, r => r.Revision),
                Texts(rows, r => r.Detail));
        }
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter<string[]> Texts<TRow>(IReadOnlyList<TRow> rows, Func<TRow, string> column) =>
        new() { TypedValue = [.. rows.Select(column)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter<long[]> Numbers<TRow>(IReadOnlyList<TRow> rows, Func<TRow, long> column) =>
        new() { TypedValue = [.. rows.Select(column)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<byte[]?[]> Bytes<TRow>(IReadOnlyList<TRow> rows, Func<TRow, byte[]?> column) =>
        new() { TypedValue = [.. rows.Select(column)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
