using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshHTTPRoute;

/// <summary>Where HTTP requests of the selected proxies go: by path, method, headers and query, split by weight, changed by filters.</summary>
public sealed record MeshHTTPRouteSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies whose outgoing requests are routed. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>Routes per destination.</summary>
    [Description("Routes, per destination that the requests were sent to.")]
    public IReadOnlyList<HttpRouteTo>? To { get; init; }
}

/// <summary>The routes of one destination.</summary>
public sealed record HttpRouteTo
{
    /// <summary>The destination the client asked for.</summary>
    [Required]
    [Description("The service that the client calls. Mesh for a built-in gateway.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>Host names of a built-in gateway.</summary>
    [Description("Host names that the routes hold for; only for a built-in gateway.")]
    public IReadOnlyList<string>? Hostnames { get; init; }

    /// <summary>The routes.</summary>
    [Required]
    [Description("The routes. The proxy sorts them by how precise they are, not by this order.")]
    public IReadOnlyList<HttpRouteRule>? Rules { get; init; }
}

/// <summary>One route.</summary>
public sealed record HttpRouteRule
{
    /// <summary>Which requests.</summary>
    [Required]
    [MinLength(1)]
    [Description("Which requests are meant: one of these matches has to fit.")]
    public IReadOnlyList<HttpRouteMatch>? Matches { get; init; }

    /// <summary>What happens with them.</summary>
    [Required]
    [Description("What happens with these requests.")]
    public HttpRouteConf? Default { get; init; }
}

/// <summary>Which requests: all parts that are given have to fit.</summary>
public sealed record HttpRouteMatch
{
    /// <summary>The path.</summary>
    [Description("The path of the request. Any path when absent.")]
    public HttpPathMatch? Path { get; init; }

    /// <summary>The method.</summary>
    [AllowedValues("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")]
    [Description("The method of the request. Any method when absent.")]
    public string? Method { get; init; }

    /// <summary>Query parameters, each name once.</summary>
    [Description("Query parameters that the request must have, each name once.")]
    public IReadOnlyList<HttpQueryMatch>? QueryParams { get; init; }

    /// <summary>Headers.</summary>
    [Description("Headers that the request must have.")]
    public IReadOnlyList<HeaderMatch>? Headers { get; init; }
}

/// <summary>Match on a path.</summary>
public sealed record HttpPathMatch
{
    /// <summary>The whole path.</summary>
    public const string Exact = "Exact";

    /// <summary>The beginning of the path, in whole segments.</summary>
    public const string PathPrefix = "PathPrefix";

    /// <summary>A regular expression (RE2) over the whole path.</summary>
    public const string RegularExpression = "RegularExpression";

    /// <summary>How to compare.</summary>
    [Required]
    [AllowedValues(Exact, PathPrefix, RegularExpression)]
    [Description("Exact compares the whole path, PathPrefix whole segments from its beginning, RegularExpression the whole path (RE2).")]
    public string? Type { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [MinLength(1)]
    [Description("What the path is compared with; begins with / unless it is an expression.")]
    public string? Value { get; init; }
}

/// <summary>Match on a query parameter.</summary>
public sealed record HttpQueryMatch
{
    /// <summary>How to compare.</summary>
    [Required]
    [AllowedValues("Exact", "RegularExpression")]
    [Description("Exact compares the whole value, RegularExpression (RE2) too.")]
    public string? Type { get; init; }

    /// <summary>The parameter.</summary>
    [Required]
    [MinLength(1)]
    [Description("The name of the parameter.")]
    public string? Name { get; init; }

    /// <summary>What to compare with.</summary>
    [Required]
    [Description("What the value is compared with.")]
    public string? Value { get; init; }
}

/// <summary>What happens with requests.</summary>
public sealed record HttpRouteConf
{
    /// <summary>Changes on the way, in this order.</summary>
    [Description("Changes of requests and answers, in this order.")]
    public IReadOnlyList<HttpRouteFilter>? Filters { get; init; }

    /// <summary>Where the requests go.</summary>
    [Description("Where the requests go, by weight. To the destination itself when absent or empty.")]
    public IReadOnlyList<BackendRef>? BackendRefs { get; init; }
}

/// <summary>One change; the object that carries the type's name says what.</summary>
public sealed record HttpRouteFilter
{
    /// <summary>Changes the headers of the request.</summary>
    public const string RequestHeaderModifierType = "RequestHeaderModifier";

    /// <summary>Changes the headers of the answer.</summary>
    public const string ResponseHeaderModifierType = "ResponseHeaderModifier";

    /// <summary>Answers with a redirect.</summary>
    public const string RequestRedirectType = "RequestRedirect";

    /// <summary>Changes host name or path.</summary>
    public const string UrlRewriteType = "URLRewrite";

    /// <summary>Sends a copy elsewhere.</summary>
    public const string RequestMirrorType = "RequestMirror";

    /// <summary>Which of the objects below holds.</summary>
    [Required]
    [AllowedValues(RequestHeaderModifierType, ResponseHeaderModifierType, RequestRedirectType, UrlRewriteType, RequestMirrorType)]
    [Description("What the filter does; the object of that name says how.")]
    public string? Type { get; init; }

    /// <summary>For RequestHeaderModifier.</summary>
    [Description("Changes of the request's headers.")]
    public HeaderModifier? RequestHeaderModifier { get; init; }

    /// <summary>For ResponseHeaderModifier.</summary>
    [Description("Changes of the answer's headers.")]
    public HeaderModifier? ResponseHeaderModifier { get; init; }

    /// <summary>For RequestRedirect.</summary>
    [Description("The redirect that is answered.")]
    public HttpRedirect? RequestRedirect { get; init; }

    /// <summary>For URLRewrite.</summary>
    [Description("Changes of host name and path.")]
    public HttpUrlRewrite? UrlRewrite { get; init; }

    /// <summary>For RequestMirror.</summary>
    [Description("Where a copy of the request goes; its answer is dropped.")]
    public HttpMirror? RequestMirror { get; init; }
}

/// <summary>A redirect; what is absent stays as in the request.</summary>
public sealed record HttpRedirect
{
    /// <summary>http or https.</summary>
    [AllowedValues("http", "https")]
    [Description("The scheme of the new address.")]
    public string? Scheme { get; init; }

    /// <summary>Host name.</summary>
    [RegularExpression(HttpRouteLimits.HostnamePattern)]
    [MinLength(1)]
    [MaxLength(Checks.MaxDnsLength)]
    [Description("The host name of the new address; no IP address.")]
    public string? Hostname { get; init; }

    /// <summary>Path.</summary>
    [Description("The path of the new address.")]
    public HttpPathRewrite? Path { get; init; }

    /// <summary>Port.</summary>
    [Range(1, 65535)]
    [Description("The port of the new address.")]
    public int? Port { get; init; }

    /// <summary>Status of the answer.</summary>
    [DefaultValue(302)]
    [AllowedValues(301, 302, 303, 307, 308)]
    [Description("The status of the answer. 302 when absent.")]
    public int? StatusCode { get; init; }
}

/// <summary>A change of host name and path.</summary>
public sealed record HttpUrlRewrite
{
    /// <summary>Host name.</summary>
    [RegularExpression(HttpRouteLimits.HostnamePattern)]
    [MinLength(1)]
    [MaxLength(Checks.MaxDnsLength)]
    [Description("The host name that the backend sees; no IP address.")]
    public string? Hostname { get; init; }

    /// <summary>Path.</summary>
    [Description("The path that the backend sees.")]
    public HttpPathRewrite? Path { get; init; }

    /// <summary>The backend's own host name; built-in gateways only.</summary>
    [Description("The backend sees its own host name. Only for a built-in gateway, not together with hostname.")]
    public bool? HostToBackendHostname { get; init; }
}

/// <summary>A change of the path.</summary>
public sealed record HttpPathRewrite
{
    /// <summary>Which of the two below holds.</summary>
    [Required]
    [AllowedValues("ReplaceFullPath", "ReplacePrefixMatch")]
    [Description("ReplaceFullPath or ReplacePrefixMatch; the field of that name says by what.")]
    public string? Type { get; init; }

    /// <summary>The new path.</summary>
    [Description("The new path as a whole.")]
    public string? ReplaceFullPath { get; init; }

    /// <summary>What takes the place of the matched prefix.</summary>
    [Description("What takes the place of the matched prefix. Every match of the rule must be a PathPrefix.")]
    public string? ReplacePrefixMatch { get; init; }
}

/// <summary>A copy of requests.</summary>
public sealed record HttpMirror
{
    /// <summary>Share of the requests that is copied.</summary>
    [DataType("percent")]
    [Description("The share of the requests that is copied, in percent. 100 when absent.")]
    public IntOrString? Percentage { get; init; }

    /// <summary>Where the copy goes.</summary>
    [Required]
    [Description("The service that receives the copy.")]
    public BackendRef? BackendRef { get; init; }
}

/// <summary>Limits of the fields of a route.</summary>
internal static class HttpRouteLimits
{
    public const string HostnamePattern = @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
}
