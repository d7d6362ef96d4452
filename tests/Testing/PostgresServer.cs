using System.Diagnostics;
using Npgsql;
using Xunit;

namespace MeshConsole.Testing;

/// <summary>
/// A real PostgreSQL server in a folder of its own. <see cref="SharedAsync"/> is one for the whole test run, started by
/// the first test that asks; a test that stops or kills the server starts one of its own.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartAsync());
    private static int databases;
    private readonly string folder;
    private readonly string tools;
    private readonly bool durable;

    private PostgresServer(string folder, string tools, int port, bool durable)
    {
        this.folder = folder;
        this.tools = tools;
        this.durable = durable;
        Port = port;
    }

    /// <summary>The port it listens on, loopback only.</summary>
    public int Port { get; }

    /// <summary>The server that all tests of this run share; skips the running test where PostgreSQL is not installed.</summary>
    public static Task<PostgresServer> SharedAsync()
    {
        RequireTools();
        return Shared.Value;
    }

    /// <summary>
    /// Ends the shared server if a test asked for it. A test project that uses it names this class as its assembly fixture; the
    /// end of the process would be too late, since the runner gives that little time.
    /// </summary>
    public sealed class EndOfRun : IAsyncDisposable
    {
        /// <inheritdoc />
        public async ValueTask DisposeAsync()
        {
            if (Shared.IsValueCreated)
            {
                await (await Shared.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>A server for one test, which disposes it.</summary>
    /// <param name="durable">
    /// True keeps <c>fsync</c> on, for what is measured; a crash of the server alone loses nothing either way.
    /// </param>
    public static async Task<PostgresServer> StartAsync(bool durable = false)
    {
        var tools = RequireTools();
        var folder = Directory.CreateTempSubdirectory("meshconsole-postgres-").FullName;
        var server = new PostgresServer(folder, tools, FreePorts.Take(), durable);
        if (IsRoot)
        {
            await RunAsync("chown", ["postgres", folder]).ConfigureAwait(false);
        }

        await server.ToolAsync("initdb", "-D", server.Data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8").ConfigureAwait(false);
        await server.StartServerAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        return ConnectionString(name);
    }

    /// <summary>Starts the stopped server; returns when it accepts connections.</summary>
    public Task StartServerAsync()
    {
        var sync = durable ? "" : " -c fsync=off";
        return ToolAsync("pg_ctl", "-D", Data, "-w", "-t", "60", "-l", System.IO.Path.Combine(folder, "log"), "-o",
            $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200{sync}", "start");
    }

    /// <summary>Ends the server at once, as a crash would: open transactions are lost, committed ones are not.</summary>
    public Task CrashAsync() => ToolAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>Lets go of all pooled links of this process, as a process that starts anew has none.</summary>
    public static void ForgetLinks() => NpgsqlConnection.ClearAllPools();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(System.IO.Path.Combine(Data, "postmaster.pid")))
        {
            await CrashAsync().ConfigureAwait(false);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static bool IsRoot => Environment.UserName == "root";

    private string Data => System.IO.Path.Combine(folder, "data");

    private string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Include Error Detail=true;Timeout=5;Command Timeout=30";

    private static string RequireTools()
    {
        var found = FindTools();
        if (found is null && Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
        {
            throw new InvalidOperationException("PostgreSQL's programs (initdb, pg_ctl) were not found; scripts/test.sh installs them.");
        }

        Assert.SkipWhen(found is null, "PostgreSQL's programs (initdb, pg_ctl) are not installed; scripts/test.sh installs them.");
        return found;
    }

    private static string? FindTools()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian)
            ? Directory.GetDirectories(debian).OrderByDescending(d => int.TryParse(System.IO.Path.GetFileName(d), out var v) ? v : 0).Select(d => System.IO.Path.Combine(d, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);
        return versions.Concat(path).FirstOrDefault(d => d.Length > 0 && File.Exists(System.IO.Path.Combine(d, "initdb")));
    }

    private Task ToolAsync(string tool, params string[] arguments)
    {
        var program = System.IO.Path.Combine(tools, tool);
        return IsRoot
            ? RunAsync("runuser", ["-u", "postgres", "--", program, .. arguments], folder)
            : RunAsync(program, arguments, folder);
    }

    private static async Task RunAsync(string program, string[] arguments, string? workingDirectory = null)
    {
        // The server inherits the streams of pg_ctl: they go to a file, since a pipe would never end.
        var output = System.IO.Path.GetTempFileName();
        try
        {
            var line = string.Join(' ', arguments.Prepend(program).Select(a => $"'{a.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec {line} >'{output}' 2>&1 </dev/null"])
            {
                WorkingDirectory = workingDirectory ?? "/",
            })!;
            await process.WaitForExitAsync().ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await File.ReadAllTextAsync(output).ConfigureAwait(false)}");
            }
        }
        finally
        {
            File.Delete(output);
        }
    }
}
