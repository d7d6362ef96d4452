using System.Net.Sockets;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Hosting;
using MeshConsole.ControlPlane.Store;

namespace MeshConsole.Web.Hosting;

/// <summary>A process that is one control plane: reads the settings, starts, says where it is, and ends cleanly.</summary>
internal static class ControlPlaneProcess
{
    /// <summary>Runs until the token or a signal ends it.</summary>
    public static async Task<int> RunAsync(string mode, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var configuration = Settings.Read(settings, mode);
        var options = ControlPlaneOptions.From(configuration);
        if (await ReportAsync(options.Validate()))
        {
            return 2;
        }

        return await GuardAsync(options, async () =>
        {
            await using var app = MeshConsoleHost.Build(options, configuration);
            await app.StartAsync(cancellationToken);
            var setupCode = options.Site.IsGlobal ? await app.Services.GetRequiredService<SetupCode>().CreateAsync(cancellationToken) : null;
            Banner.Write(Console.Out, app, options, setupCode);
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
    }

    /// <summary>Prints every wrong setting; true when there is one.</summary>
    public static async Task<bool> ReportAsync(IReadOnlyList<string> errors)
    {
        foreach (var error in errors)
        {
            await Console.Error.WriteLineAsync(error);
        }

        return errors.Count > 0;
    }

    /// <summary>Turns what can go wrong at start into one clear line.</summary>
    public static async Task<int> GuardAsync(ControlPlaneOptions options, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (StoreUnavailableException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or SocketException)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Another program uses that port: stop it, or start with another --port-offset than {options.PortOffset}.");
        }
        catch (UnauthorizedAccessException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} Choose a directory that you may write to with --data-dir.");
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        return 1;
    }
}
