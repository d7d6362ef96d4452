using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// Answers a request with a refusal in Kuma's error envelope. The envelope belongs to the REST API, which stands above this
/// folder; the composition root hands it down.
/// </summary>
public delegate Task RefusalWriter(HttpContext context, Refusal refusal);
