using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>The listeners of one process.</summary>
public enum Listener
{
    /// <summary>REST and console, HTTP or HTTPS.</summary>
    Api,

    /// <summary>KDS.</summary>
    Kds,

    /// <summary>Health and metrics.</summary>
    Diagnostics,
}

/// <summary>Says on which listener an endpoint answers.</summary>
public sealed record ListenerMetadata(Listener Listener);

/// <summary>Says through which listener a connection came; set on each connection by the server.</summary>
public sealed record ListenerFeature(Listener Listener);

/// <summary>
/// Ties endpoints to the socket they came through, not to the Host header, which the client chooses: gRPC does not answer on
/// the HTTP port, nor the console on the gRPC port.
/// </summary>
public sealed class ListenerMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <inheritdoc />
    public override int Order => -1000;

    /// <inheritdoc />
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(e => e.Metadata.GetMetadata<ListenerMetadata>() is not null);

    /// <inheritdoc />
    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var listener = httpContext.Features.Get<ListenerFeature>()?.Listener;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i)
                && candidates[i].Endpoint.Metadata.GetMetadata<ListenerMetadata>() is { } wanted
                && wanted.Listener != listener)
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}

/// <summary>Extensions for endpoints.</summary>
public static class ListenerExtensions
{
    /// <summary>Lets the endpoints answer on that listener only.</summary>
    public static TBuilder OnListener<TBuilder>(this TBuilder builder, Listener listener)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new ListenerMetadata(listener)));
        return builder;
    }
}
