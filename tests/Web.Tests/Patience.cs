using System.Runtime.CompilerServices;
using MeshConsole.Testing;

namespace MeshConsole.Web.Tests;

/// <summary>How long components are waited for: never when all is well, but the machine may be busy with other tests.</summary>
internal static class Patience
{
#pragma warning disable CA2255 // the tests of this program are its only users
    [ModuleInitializer]
    internal static void Begin() => BunitContext.DefaultWaitTimeout = MeshConsoleProcess.Patience;
#pragma warning restore CA2255
}
