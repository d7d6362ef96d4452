namespace MeshConsole.Cli;

/// <summary>What meshctl ends with.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>Something was refused, failed or is not there; with <c>diff --exit-code</c>: there are differences.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Ended by Ctrl+C or a signal.</summary>
    public const int Interrupted = 130;
}
