using MeshConsole.ControlPlane.Delivery;

namespace MeshConsole.Web.Components.Controls;

/// <summary>The words for how far a change is.</summary>
public static class DeliveryWords
{
    /// <summary>The word of a state.</summary>
    public static string Of(DeliveryState state) => state switch
    {
        DeliveryState.Accepted => "accepted",
        DeliveryState.Rejected => "rejected",
        DeliveryState.Sent => "sent",
        DeliveryState.Withheld => "not for zones",
        _ => "pending",
    };
}
