using MeshConsole.Shared;

namespace MeshConsole.Cli;

/// <summary>Where meshctl reads and writes: the streams of the process, or those of a test.</summary>
internal sealed class Terminal
{
    /// <summary>Answers: what a script reads.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Errors, warnings, questions and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What is piped or typed in.</summary>
    public required TextReader In { get; init; }

    /// <summary>True when somebody can be asked: input and errors are a terminal.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>True when <see cref="Out"/> is a terminal; then tables keep to <see cref="Width"/> and have colours.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>True when <see cref="Error"/> is a terminal; then progress is shown there.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Width of the terminal in characters.</summary>
    public int Width { get; init; } = 120;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        var outIsTerminal = !Console.IsOutputRedirected;
        return new Terminal
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            IsInteractive = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            OutIsTerminal = outIsTerminal,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = outIsTerminal && Console.WindowWidth > 20 ? Console.WindowWidth : 120,
        };
    }

    /// <summary>Says on <see cref="Error"/> why something was refused, field by field.</summary>
    /// <returns>The exit code of a failure.</returns>
    public int Fail(Refusal refusal)
    {
        Error.WriteLine($"Error: {Words.Of(refusal)}");
        foreach (var violation in refusal.Violations)
        {
            Error.WriteLine(Words.Of(violation));
        }

        foreach (var warning in refusal.Warnings)
        {
            Warn(warning);
        }

        if (Words.AsksForToken(refusal))
        {
            Error.WriteLine(Words.SignInHint);
        }

        return ExitCode.Failed;
    }

    /// <summary>Says on <see cref="Error"/> that the command line is wrong.</summary>
    /// <returns>The exit code of wrong usage.</returns>
    public int Misused(string message)
    {
        Error.WriteLine($"Error: {message}");
        return ExitCode.Usage;
    }

    /// <summary>Says something on <see cref="Error"/> that does not end the work.</summary>
    public void Warn(string message) => Error.WriteLine($"Warning: {Words.Clean(message)}");
}
