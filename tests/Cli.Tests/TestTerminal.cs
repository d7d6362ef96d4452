using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Cli.Tests;

/// <summary>Runs meshctl in this process and keeps what it writes.</summary>
public sealed class TestTerminal : IDisposable
{
    private readonly StringWriter output = new() { NewLine = "\n" };
    private readonly StringWriter error = new() { NewLine = "\n" };

    // A test may read while meshctl still writes: both hold the lock that these writers take on themselves.
    private readonly TextWriter lockedOutput;
    private readonly TextWriter lockedError;

    /// <summary>Nothing written yet.</summary>
    public TestTerminal()
    {
        lockedOutput = TextWriter.Synchronized(output);
        lockedError = TextWriter.Synchronized(error);
    }

    /// <summary>Environment of the run; nothing of the real one is seen.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>What is typed or piped in.</summary>
    public string Input { get; set; } = "";

    /// <summary>True when somebody sits at the terminal.</summary>
    public bool IsInteractive { get; set; }

    /// <summary>True when standard output is a terminal.</summary>
    public bool OutIsTerminal { get; set; }

    /// <summary>True when standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; set; }

    /// <summary>The clock; null for the real one.</summary>
    public FakeTimeProvider? Time { get; set; }

    /// <summary>Standard output so far.</summary>
    public string Output => Read(lockedOutput, output);

    /// <summary>Standard error so far.</summary>
    public string Error => Read(lockedError, error);

    /// <summary>Both, for messages of failed assertions.</summary>
    public override string ToString() => $"{Output}\n{Error}";

    /// <summary>Runs one command line and returns its exit code; earlier output is forgotten.</summary>
    public Task<int> RunAsync(params string[] arguments) => RunUntilAsync(arguments, TestContext.Current.CancellationToken);

    /// <summary>Runs one command line until it ends or is cancelled.</summary>
    public Task<int> RunUntilAsync(string[] arguments, CancellationToken cancellationToken)
    {
        output.GetStringBuilder().Clear();
        error.GetStringBuilder().Clear();
        return Meshctl.RunAsync(arguments, Terminal(), cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lockedOutput.Dispose();
        lockedError.Dispose();
        output.Dispose();
        error.Dispose();
    }

    internal Terminal Terminal() => new()
    {
        Out = lockedOutput,
        Error = lockedError,
        In = new StringReader(Input),
        IsInteractive = IsInteractive,
        OutIsTerminal = OutIsTerminal,
        ErrorIsTerminal = ErrorIsTerminal,
        Time = Time ?? TimeProvider.System,
        Environment = Environment.GetValueOrDefault,
    };

    private static string Read(TextWriter locked, StringWriter writer)
    {
        lock (locked)
        {
            return writer.ToString();
        }
    }
}
