using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshLoadBalancingStrategy;

/// <summary>How proxies choose among the hosts of a destination, near ones first or by a hash.</summary>
public sealed record MeshLoadBalancingStrategySpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that choose. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>By destination.</summary>
    [Description("The way to choose, by destination.")]
    public IReadOnlyList<ToItem<LoadBalancingConf>>? To { get; init; }
}

/// <summary>The way to choose.</summary>
public sealed record LoadBalancingConf
{
    /// <summary>Near hosts first.</summary>
    [Description("Whether and how near hosts come first.")]
    public LocalityAwareness? LocalityAwareness { get; init; }

    /// <summary>The algorithm.</summary>
    [Description("The algorithm. RoundRobin when absent.")]
    public LoadBalancer? LoadBalancer { get; init; }

    /// <summary>What is hashed.</summary>
    [Description("What is hashed by RingHash and Maglev, in this order.")]
    public IReadOnlyList<HashPolicy>? HashPolicies { get; init; }
}

/// <summary>Near hosts first.</summary>
public sealed record LocalityAwareness
{
    /// <summary>Off: all zones alike.</summary>
    [Description("All zones count alike instead of the own zone first.")]
    public bool? Disabled { get; init; }

    /// <summary>Within the own zone.</summary>
    [Description("Which hosts of the own zone come first.")]
    public LocalZone? LocalZone { get; init; }

    /// <summary>Over zones.</summary>
    [Description("To which other zones traffic goes when the own zone has too few hosts.")]
    public CrossZone? CrossZone { get; init; }
}

/// <summary>Within the own zone.</summary>
public sealed record LocalZone
{
    /// <summary>Tags, nearest first.</summary>
    [Description("Tags; hosts that share the client's values come first. Weights for all of them or for none.")]
    public IReadOnlyList<AffinityTag>? AffinityTags { get; init; }
}

/// <summary>A tag that says what is near.</summary>
public sealed record AffinityTag
{
    /// <summary>The tag.</summary>
    [Required]
    [Description("The tag, for example topology.kubernetes.io/zone.")]
    public string? Key { get; init; }

    /// <summary>Its share.</summary>
    [Description("The share of hosts with this tag, relative to the others. 90 %, 9 %, 1 % … by order when no tag has one.")]
    public uint? Weight { get; init; }
}

/// <summary>Over zones.</summary>
public sealed record CrossZone
{
    /// <summary>Where to, in this order.</summary>
    [Description("To which zones traffic falls over, in this order. Zones that no entry names get none.")]
    public IReadOnlyList<Failover>? Failover { get; init; }

    /// <summary>When.</summary>
    [Description("When traffic falls over to the next entry.")]
    public FailoverThreshold? FailoverThreshold { get; init; }
}

/// <summary>One step of falling over.</summary>
public sealed record Failover
{
    /// <summary>For clients of these zones.</summary>
    [Description("The zones whose clients this entry is for. All when absent.")]
    public FailoverFrom? From { get; init; }

    /// <summary>Where to.</summary>
    [Required]
    [Description("The zones that traffic goes to.")]
    public FailoverTo? To { get; init; }
}

/// <summary>The zones of clients.</summary>
public sealed record FailoverFrom
{
    /// <summary>Their names.</summary>
    [Required]
    [Description("Names of zones, at least one.")]
    public IReadOnlyList<string>? Zones { get; init; }
}

/// <summary>The zones that traffic goes to.</summary>
public sealed record FailoverTo
{
    /// <summary>No zone.</summary>
    public const string None = "None";

    /// <summary>The named ones.</summary>
    public const string Only = "Only";

    /// <summary>Any zone.</summary>
    public const string Any = "Any";

    /// <summary>All but the named ones.</summary>
    public const string AnyExcept = "AnyExcept";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(None, Only, Any, AnyExcept)]
    [Description("None, Only the named zones, Any zone, or AnyExcept the named ones.")]
    public string? Type { get; init; }

    /// <summary>The named ones.</summary>
    [Description("Names of zones, for Only and AnyExcept.")]
    public IReadOnlyList<string>? Zones { get; init; }
}

/// <summary>When traffic falls over.</summary>
public sealed record FailoverThreshold
{
    /// <summary>Below this share of healthy hosts.</summary>
    [Required]
    [DataType("percent")]
    [Description("Traffic falls over when fewer hosts than this are healthy, in percent, above 0. 50 when absent.")]
    public IntOrString? Percentage { get; init; }
}

/// <summary>An algorithm; the object that carries the type's name may hold its settings.</summary>
public sealed record LoadBalancer
{
    /// <summary>One after the other.</summary>
    public const string RoundRobinType = "RoundRobin";

    /// <summary>The one with fewest requests of a few.</summary>
    public const string LeastRequestType = "LeastRequest";

    /// <summary>A hash ring.</summary>
    public const string RingHashType = "RingHash";

    /// <summary>By chance.</summary>
    public const string RandomType = "Random";

    /// <summary>Maglev hashing.</summary>
    public const string MaglevType = "Maglev";

    /// <summary>Which.</summary>
    [Required]
    [AllowedValues(RoundRobinType, LeastRequestType, RingHashType, RandomType, MaglevType)]
    [Description("RoundRobin, LeastRequest, RingHash, Random or Maglev.")]
    public string? Type { get; init; }

    /// <summary>Settings of RoundRobin: none.</summary>
    [Description("Settings of RoundRobin; there are none.")]
    public NoSettings? RoundRobin { get; init; }

    /// <summary>Settings of LeastRequest.</summary>
    [Description("Settings of LeastRequest.")]
    public LeastRequest? LeastRequest { get; init; }

    /// <summary>Settings of RingHash.</summary>
    [Description("Settings of RingHash.")]
    public RingHash? RingHash { get; init; }

    /// <summary>Settings of Random: none.</summary>
    [Description("Settings of Random; there are none.")]
    public NoSettings? Random { get; init; }

    /// <summary>Settings of Maglev.</summary>
    [Description("Settings of Maglev.")]
    public Maglev? Maglev { get; init; }
}

/// <summary>An object without members.</summary>
public sealed record NoSettings;

/// <summary>Settings of LeastRequest.</summary>
public sealed record LeastRequest
{
    /// <summary>Among how many.</summary>
    [Range(2, uint.MaxValue)]
    [Description("Among how many random hosts the one with fewest requests is taken, at least 2. 2 when absent.")]
    public uint? ChoiceCount { get; init; }

    /// <summary>How much requests under way count.</summary>
    [Description("How much requests under way lower a host's weight, from 0. 1 when absent.")]
    public IntOrString? ActiveRequestBias { get; init; }
}

/// <summary>Settings of RingHash.</summary>
public sealed record RingHash
{
    /// <summary>The function.</summary>
    [AllowedValues("XXHash", "MurmurHash2")]
    [Description("The hash function. XXHash when absent.")]
    public string? HashFunction { get; init; }

    /// <summary>Smallest ring.</summary>
    [Range(1, 8_000_000)]
    [Description("The smallest ring. 1024 when absent.")]
    public uint? MinRingSize { get; init; }

    /// <summary>Largest ring.</summary>
    [Range(1, 8_000_000)]
    [Description("The largest ring. 8000000 when absent.")]
    public uint? MaxRingSize { get; init; }

    /// <summary>What is hashed (old).</summary>
    [Description("What is hashed. Deprecated: use hashPolicies beside loadBalancer.")]
    public IReadOnlyList<HashPolicy>? HashPolicies { get; init; }
}

/// <summary>Settings of Maglev.</summary>
public sealed record Maglev
{
    /// <summary>Size of the table.</summary>
    [Range(1, 5_000_011)]
    [Description("The size of the table, a prime number. 65537 when absent.")]
    public uint? TableSize { get; init; }

    /// <summary>What is hashed (old).</summary>
    [Description("What is hashed. Deprecated: use hashPolicies beside loadBalancer.")]
    public IReadOnlyList<HashPolicy>? HashPolicies { get; init; }
}

/// <summary>Something that is hashed; the object that carries the type's name says what.</summary>
public sealed record HashPolicy
{
    /// <summary>A header.</summary>
    public const string HeaderType = "Header";

    /// <summary>A cookie.</summary>
    public const string CookieType = "Cookie";

    /// <summary>The connection.</summary>
    public const string ConnectionType = "Connection";

    /// <summary>The connection (old).</summary>
    public const string SourceIpType = "SourceIP";

    /// <summary>A query parameter.</summary>
    public const string QueryParameterType = "QueryParameter";

    /// <summary>State that a filter left.</summary>
    public const string FilterStateType = "FilterState";

    /// <summary>What.</summary>
    [Required]
    [AllowedValues(HeaderType, CookieType, ConnectionType, SourceIpType, QueryParameterType, FilterStateType)]
    [Description("Header, Cookie, Connection, QueryParameter or FilterState; the object of that name says which.")]
    public string? Type { get; init; }

    /// <summary>Stop here when this gave a value.</summary>
    [Description("When this gives a value, those that follow are not hashed.")]
    public bool? Terminal { get; init; }

    /// <summary>For Header.</summary>
    [Description("The header that is hashed.")]
    public HashByName? Header { get; init; }

    /// <summary>For Cookie.</summary>
    [Description("The cookie that is hashed.")]
    public HashByCookie? Cookie { get; init; }

    /// <summary>For Connection.</summary>
    [Description("The part of the connection that is hashed.")]
    public HashByConnection? Connection { get; init; }

    /// <summary>For QueryParameter.</summary>
    [Description("The query parameter that is hashed.")]
    public HashByName? QueryParameter { get; init; }

    /// <summary>For FilterState.</summary>
    [Description("The filter state that is hashed.")]
    public HashByKey? FilterState { get; init; }
}

/// <summary>By a name.</summary>
public sealed record HashByName
{
    /// <summary>The name.</summary>
    [Required]
    [MinLength(1)]
    [Description("The name.")]
    public string? Name { get; init; }
}

/// <summary>By a cookie.</summary>
public sealed record HashByCookie
{
    /// <summary>The name.</summary>
    [Required]
    [MinLength(1)]
    [Description("The name of the cookie.")]
    public string? Name { get; init; }

    /// <summary>How long a new one lives.</summary>
    [Description("How long a cookie lives that the proxy makes itself. None is made when absent.")]
    public GoDuration? Ttl { get; init; }

    /// <summary>Path of a new one.</summary>
    [Description("The path of a cookie that the proxy makes itself.")]
    public string? Path { get; init; }
}

/// <summary>By the connection.</summary>
public sealed record HashByConnection
{
    /// <summary>The client's address.</summary>
    [Description("The client's IP address is hashed.")]
    public bool? SourceIP { get; init; }
}

/// <summary>By a key.</summary>
public sealed record HashByKey
{
    /// <summary>The key.</summary>
    [Required]
    [MinLength(1)]
    [Description("The key of the state.")]
    public string? Key { get; init; }
}
