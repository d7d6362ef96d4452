using System.Data.Common;
using System.Globalization;

namespace MeshConsole.ControlPlane.Store;

/// <summary>
/// Reads the store's own rows on the writer's connection, inside its open transaction. Plain SQL, like the writer: a start
/// need not wait until a query translator is warm.
/// </summary>
internal static class StoreRows
{
    public static async Task<List<ResourceRow>> ResourcesAsync(DbConnection connection, long after, CancellationToken cancellationToken)
    {
        using var command = Command(
            connection,
            """SELECT "Kind","Mesh","Name","Labels","Spec","Status","Wire","CreationTime","ModificationTime","Revision" FROM "Resources" WHERE "Revision">@after""",
            ("@after", after));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<ResourceRow>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(new ResourceRow
            {
                Kind = reader.GetString(0),
                Mesh = reader.GetString(1),
                Name = reader.GetString(2),
                Labels = reader.GetString(3),
                Spec = Bytes(reader, 4)!,
                Status = Bytes(reader, 5),
                Wire = Bytes(reader, 6),
                CreationTime = reader.GetInt64(7),
                ModificationTime = reader.GetInt64(8),
                Revision = reader.GetInt64(9),
            });
        }

        return rows;
    }

    public static async Task<List<TombstoneRow>> TombstonesAsync(DbConnection connection, long after, CancellationToken cancellationToken)
    {
        using var command = Command(connection, """SELECT "Revision","Kind","Mesh","Name" FROM "Tombstones" WHERE "Revision">@after""", ("@after", after));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<TombstoneRow>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(new TombstoneRow { Revision = reader.GetInt64(0), Kind = reader.GetString(1), Mesh = reader.GetString(2), Name = reader.GetString(3) });
        }

        return rows;
    }

    public static async Task<string?> MetaAsync(DbConnection connection, string key, CancellationToken cancellationToken)
    {
        using var command = Command(connection, """SELECT "Value" FROM "Meta" WHERE "Key"=@key""", ("@key", key));
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
    }

    public static async Task<long> NumberAsync(DbConnection connection, string key, CancellationToken cancellationToken) =>
        await MetaAsync(connection, key, cancellationToken).ConfigureAwait(false) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    public static async Task AddMetaAsync(DbConnection connection, string key, string value, CancellationToken cancellationToken)
    {
        using var command = Command(connection, """INSERT INTO "Meta" ("Key","Value") VALUES (@key,@value)""", ("@key", key), ("@value", value));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static byte[]? Bytes(DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    private static DbCommand Command(DbConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
